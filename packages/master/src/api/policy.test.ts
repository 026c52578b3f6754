import assert from 'node:assert/strict'
import { test } from 'node:test'
import { systemClock } from '@roadstead/shared/kernel/clock.ts'
import { Decision } from '@roadstead/shared/protocol/decision.ts'
import type { Problem } from '@roadstead/shared/protocol/http.ts'
import { PolicyCheck, PolicyDiff, PolicyView } from '@roadstead/shared/protocol/policy.ts'
import { exampleContainer, exampleSnapshot, exampleStamp } from '../core/examples.ts'
import { foldAll } from '../core/graph/fold.ts'
import { emptyGraph } from '../core/graph/graph.ts'
import { type ApiOnTrial, apiOnTrial } from './api-on-trial.ts'
import { readPolicyText } from './policy-text.ts'

const GOOD = 'claims:\n  - hosts: [beta]\n    domains: [shop.example.com]\n'

/** Two hosts that ask for one name; alpha is the first to be asked. */
async function fleetOnTrial(
  labels: Readonly<Record<string, string>> = { 'roadstead.host': 'shop.example.com' },
): Promise<ApiOnTrial> {
  const trial = await apiOnTrial(systemClock)
  const snapshots = ['alpha', 'beta'].map((host, at) =>
    exampleSnapshot(exampleStamp(host, 1), [exampleContainer(at + 1, { labels })]),
  )
  trial.state.graph = foldAll(emptyGraph, snapshots).graph
  return trial
}

function ask(
  trial: ApiOnTrial,
  method: 'GET' | 'POST' | 'PUT',
  path: string,
  text?: string,
  more: Readonly<Record<string, string>> = {},
) {
  const headers = { ...trial.bearer('admin'), ...more }
  const url = `/api/v1/policy${path}`
  return trial.app.inject({
    method,
    url,
    headers,
    ...(text !== undefined && { payload: { text } }),
  })
}

test('a policy is applied, and shown as it was written', async () => {
  await using trial = await fleetOnTrial()
  assert.equal((await ask(trial, 'GET', '')).statusCode, 404)

  const put = await ask(trial, 'PUT', '', GOOD)
  const got = await ask(trial, 'GET', '')

  assert.equal(put.statusCode, 200, put.body)
  const view = PolicyView.parse(got.json())
  assert.deepEqual([view.text, view.by, view.warnings], [GOOD, 'the admin', []])
  assert.equal(got.headers.etag, `"${view.digest}"`)
  const decision = Decision.parse(trial.decisions.get('d.policy.site'))
  assert.equal(decision.kind, 'policy')
})

test('who has not seen the policy in force does not overwrite it', async () => {
  await using trial = await fleetOnTrial()
  const { etag = '' } = (await ask(trial, 'PUT', '', GOOD)).headers
  const seen = { 'if-match': String(etag) }

  const unseen = await ask(trial, 'PUT', '', 'claims: []\n')
  const both = await Promise.all(
    ['limits: {}\n', 'dialects: {}\n'].map((text) => ask(trial, 'PUT', '', text, seen)),
  )

  assert.deepEqual([unseen.statusCode, unseen.json<Problem>().code], [412, 'policy-changed'])
  assert.deepEqual(
    both.map(({ statusCode }) => statusCode),
    [200, 412],
  )
  assert.equal((await ask(trial, 'GET', '')).json<PolicyView>().text, 'limits: {}\n')
})

test('a policy with errors is not taken, and a check names all of them', async () => {
  await using trial = await fleetOnTrial()
  const text = 'claims:\n  - hosts: all\n    domains: [shop]\n  - domain: [x]\n'

  const put = await ask(trial, 'PUT', '', text)
  const check = PolicyCheck.parse((await ask(trial, 'POST', '/check', text)).json())

  assert.deepEqual([put.statusCode, put.json<Problem>().code], [422, 'bad-policy'])
  assert.match(put.json<Problem>().detail, /3:15 claims\[0\]\.domains\[0\]/)
  assert.deepEqual(
    check.problems.map(({ line, column }) => [line, column]),
    [
      [3, 15],
      [4, 5],
      [4, 5],
      [4, 5],
    ],
  )
  assert.equal(trial.decisions.has('d.policy.site'), false)
})

test('a check names hosts that nobody knows, and those who only call themselves so', async () => {
  await using trial = await fleetOnTrial()
  const text = 'claims:\n  - hosts: [alpha, build-1, nobody]\n    domains: [a.example]\nlimits:\n'
  const whole = `${text}  hosts:\n    other: { routes: 1 }\n`
  const facts = trial.state.graph.hosts.get(exampleStamp('beta', 1).host)?.facts

  const { problems, warnings } = PolicyCheck.parse(
    (await ask(trial, 'POST', '/check', whole.replace('build-1', facts?.name ?? ''))).json(),
  )

  assert.deepEqual(problems, [])
  const lines = warnings.map(({ key, line, what }) => `${line} ${key} ${what.slice(0, 20)}`)
  assert.ok(lines.includes('2 claims[0].hosts[2] No host has joined b'), lines.join('\n'))
  assert.ok(lines.includes('6 limits.hosts.other No host has joined b'), lines.join('\n'))
})

test('a diff says who would lose a route and who would get it, and changes nothing', async () => {
  await using trial = await fleetOnTrial()

  const diff = PolicyDiff.parse((await ask(trial, 'POST', '/diff', GOOD)).json())

  const route = 'shop.example.com prefix /'
  assert.deepEqual(diff.routes, [{ route, before: 'c1', after: 'c2' }])
  assert.deepEqual(
    diff.verdicts.map(({ container, before, after }) => [container, before, after]),
    [
      ['alpha/c1', 'routed', 'claim-denied'],
      ['beta/c2', 'conflict-held', 'routed'],
    ],
  )
  assert.equal(trial.decisions.has('d.policy.site'), false)
})

test('a diff says whom the port of an entry point of Traefik brings in', async () => {
  await using trial = await fleetOnTrial({
    'traefik.tcp.routers.db.rule': 'HostSNI(`*`)',
    'traefik.tcp.routers.db.entrypoints': 'postgres',
  })
  const text = 'dialects:\n  entry-points: { postgres: 5432 }\n'

  const diff = PolicyDiff.parse((await ask(trial, 'POST', '/diff', text)).json())

  const route = 'tcp:5432 prefix /'
  assert.deepEqual(diff.routes, [{ route, after: 'c1' }])
  const told = new Set(diff.verdicts.map(({ before, after }) => `${before} ${after}`))
  assert.deepEqual(
    told,
    new Set(['entry-point-unknown undefined', 'undefined routed', 'undefined conflict-held']),
  )
})

test('a text that would take a parser down is refused like any other', () => {
  for (const text of [
    '['.repeat(60_000),
    '{a: '.repeat(15_000),
    '- '.repeat(30_000),
    'a: &a [*a]',
  ]) {
    assert.equal(readPolicyText(text).kind, 'faulty', text.slice(0, 8))
  }
})
