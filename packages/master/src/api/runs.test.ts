import assert from 'node:assert/strict'
import { test } from 'node:test'
import { systemClock } from '@roadstead/shared/kernel/clock.ts'
import { HostId } from '@roadstead/shared/kernel/ids.ts'
import { listOf, type Problem, RunView } from '@roadstead/shared/protocol/http.ts'
import { exampleContainer, exampleSnapshot, exampleStamp } from '../core/examples.ts'
import { foldAll } from '../core/graph/fold.ts'
import { emptyGraph } from '../core/graph/graph.ts'
import { type ApiOnTrial, apiOnTrial, OTHER_URL } from './api-on-trial.ts'

const labels = { 'roadstead.host': 'shop.example.com', 'roadstead.service': 'shop/web' }

async function fleetOnTrial(): Promise<ApiOnTrial> {
  const trial = await apiOnTrial(systemClock)
  const containers = [1, 2].map((number) => exampleContainer(number, { labels }))
  const snapshots = ['alpha', 'beta'].map((host, index) =>
    exampleSnapshot(exampleStamp(host, 1), containers.slice(index, index + 1)),
  )
  trial.state.graph = foldAll(emptyGraph, snapshots).graph
  return trial
}

function post(trial: ApiOnTrial, what: string, payload: object, role: 'operator' | 'viewer') {
  const headers = trial.bearer(role)
  return trial.app.inject({ method: 'POST', url: `/api/v1/${what}`, headers, payload })
}

test('each action answers with the run that it began', async () => {
  await using trial = await fleetOnTrial()
  const cases = [
    ['drain', { container: 'alpha/c1' }, 'alpha/c1'],
    ['restart', { container: 'c2', why: 'new certificate' }, 'beta/c2'],
  ] as const
  for (const [what, payload, target] of cases) {
    const answer = await post(trial, what, payload, 'operator')
    assert.equal(answer.statusCode, 202, answer.body)
    const run = RunView.parse(answer.json())
    assert.deepEqual(
      [run.verb, run.target, run.by, run.state],
      [what, target, 'the operator', 'running'],
    )
  }
  const headers = trial.bearer('viewer')
  const list = await trial.app.inject({ url: '/api/v1/runs?limit=1', headers })
  const { items, total } = listOf(RunView).parse(list.json())
  assert.deepEqual([items.length, total], [1, 2])
  const url = `/api/v1/runs/${items[0]?.id.slice(0, 6)}`
  const one = await trial.app.inject({ url, headers })
  assert.deepEqual(RunView.parse(one.json()), items[0])
})

test('a host goes by its name or id, a service by its key or the end of it', async () => {
  await using trial = await fleetOnTrial()
  const host = RunView.parse((await post(trial, 'drain', { host: 'alpha' }, 'operator')).json())
  assert.deepEqual([host.host, host.members.length], [HostId.parse('alpha'), 1])
  trial.decisions.delete(`d.run.${host.id}`)
  const body = { service: 'web', atOnce: 2 }
  const rollout = RunView.parse((await post(trial, 'rollout', body, 'operator')).json())
  assert.deepEqual([rollout.target, rollout.atOnce, rollout.members.length], ['shop/web', 2, 2])
})

test('what cannot begin says why, and what to do', async () => {
  await using trial = await fleetOnTrial()
  const codeOf = async (what: string, payload: object): Promise<string> =>
    (await post(trial, what, payload, 'operator')).json<Problem>().code
  assert.equal(await codeOf('restart', { container: 'nobody' }), 'not-found')
  assert.equal(await codeOf('restart', { container: '0000' }), 'ambiguous-name')
  assert.equal(await codeOf('rollout', { service: 'nothing' }), 'not-found')
  assert.equal(await codeOf('drain', {}), 'bad-input')
  assert.equal(await codeOf('drain', { host: 'alpha', container: 'c1' }), 'bad-input')
  assert.equal(await codeOf('undrain', { container: 'c1' }), 'not-found')
  assert.equal(await codeOf('rollout', { service: 'web', atOnce: 0 }), 'bad-input')
  const [first, second] = await Promise.all([
    post(trial, 'restart', { container: 'c1' }, 'operator'),
    post(trial, 'drain', { container: 'c1' }, 'operator'),
  ])
  assert.deepEqual([first.statusCode, second.statusCode], [202, 409])
  const problem = second.json<Problem>()
  assert.equal(problem.code, 'run-under-way')
  assert.match(problem.detail, new RegExp(RunView.parse(first.json()).id))
})

test('a viewer may look at runs and begin none; a standby names the leader', async () => {
  await using trial = await fleetOnTrial()
  for (const what of ['drain', 'undrain', 'restart', 'rollout']) {
    assert.equal((await post(trial, what, { container: 'c1' }, 'viewer')).statusCode, 403, what)
  }
  trial.state.leads = false
  const answer = await post(trial, 'restart', { container: 'c1' }, 'operator')
  assert.equal(answer.json<Problem>().code, 'not-leader')
  assert.equal(answer.headers['roadstead-leader'], OTHER_URL)
})
