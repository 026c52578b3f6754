import assert from 'node:assert/strict'
import { test } from 'node:test'
import { systemClock } from '@roadstead/shared/kernel/clock.ts'
import { HostId, PublicKey } from '@roadstead/shared/kernel/ids.ts'
import type { Decision } from '@roadstead/shared/protocol/decision.ts'
import type { HostView, Problem } from '@roadstead/shared/protocol/http.ts'
import { exampleFacts } from '../core/examples.ts'
import { type ApiOnTrial, apiOnTrial } from './api-on-trial.ts'

const ALPHA: HostView = {
  id: 'h1',
  name: 'alpha',
  presence: 'lost',
  presenceSince: 'then',
  engineState: 'unknown',
  synced: true,
  boot: 1,
  seq: 7,
  containers: 2,
  running: 2,
  endpoints: 2,
  lastHeardMsAgo: 60_000,
  spooled: 0,
  facts: exampleFacts('alpha'),
  networks: [],
}
const KEY = 'd.identity.agent.h1'

test('a silent host is removed: its key is taken back, and what was decided about it', async () => {
  await using trial = await withHost(ALPHA)
  assert.equal((await remove(trial, 'alpha')).statusCode, 204)
  const identity = trial.decisions.get(KEY)
  assert.ok(identity?.kind === 'identity' && identity.revoked)
  const rest = [...trial.decisions.keys()].filter((key) => !key.startsWith('d.api-token'))
  assert.deepEqual(rest, [KEY, 'd.presence.h2'])
  assert.equal((await remove(trial, 'h1')).statusCode, 404)
})

test('one whose agent runs stays; one that was stopped in order is not waited for', async () => {
  await using trial = await withHost({ ...ALPHA, presence: 'present', lastHeardMsAgo: 4_000 })
  const refused = await remove(trial, 'alpha')
  assert.equal(refused.json<Problem>().code, 'host-present')
  show(trial, { ...ALPHA, presence: 'present', lastHeardMsAgo: 4_000, stopping: true })
  assert.equal((await remove(trial, 'alpha')).statusCode, 204)
})

test('a master that has heard nobody yet does not take a present host for silent', async () => {
  const { lastHeardMsAgo: _age, ...unheard } = ALPHA
  await using trial = await withHost({ ...unheard, presence: 'present' })
  assert.equal((await remove(trial, 'alpha')).json<Problem>().code, 'host-present')
})

test('a master that has just begun to listen removes nobody; a standby leaves it to the leader', async () => {
  const { lastHeardMsAgo: _age, ...unheard } = ALPHA
  await using trial = await withHost(unheard)
  trial.state.isSettled = false
  assert.equal((await remove(trial, 'alpha')).json<Problem>().code, 'host-present')
  trial.state.live = { ...trial.state.live, hosts: [] }
  assert.equal((await remove(trial, 'h1')).json<Problem>().code, 'host-present')
  trial.state.leads = false
  assert.equal((await remove(trial, 'h1')).json<Problem>().code, 'not-leader')
})

test('a removal that came no further than the key is finished by the next one', async () => {
  await using trial = await withHost(ALPHA)
  trial.decisions.set(KEY, { ...IDENTITY, revoked: true })
  trial.state.live = { ...trial.state.live, hosts: [] }
  assert.equal((await remove(trial, 'alpha')).statusCode, 204)
  assert.deepEqual(
    [...trial.decisions.keys()].filter((key) => key.includes('h1')),
    [KEY],
  )
  assert.equal((await remove(trial, 'alpha')).statusCode, 404)
})

test('who joined and never said a word can be removed by its id, and who never joined cannot', async () => {
  await using trial = await withHost(ALPHA)
  trial.state.live = { ...trial.state.live, hosts: [] }
  assert.equal((await remove(trial, 'h1')).statusCode, 204)
  show(trial, { ...ALPHA, id: 'h3', name: 'own' })
  const own = await remove(trial, 'own')
  assert.equal(own.statusCode, 400)
  assert.match(own.json<Problem>().detail, /came by no join token/)
})

test('a removal of long ago is itself forgotten with the next one', async () => {
  await using trial = await withHost(ALPHA)
  trial.decisions.set('d.identity.agent.h9', { ...IDENTITY, revoked: true, since: '2020-01-01' })
  await remove(trial, 'alpha')
  assert.ok(!trial.decisions.has('d.identity.agent.h9'))
})

const IDENTITY = {
  kind: 'identity',
  role: 'agent',
  id: HostId.parse('h1'),
  publicKey: PublicKey.parse(`U${'A'.repeat(55)}`),
  name: 'alpha',
  revoked: false,
  since: '2026-01-01',
} as const satisfies Decision

async function withHost(view: HostView): Promise<ApiOnTrial> {
  const trial = await apiOnTrial(systemClock)
  show(trial, view)
  const [h1, h2] = ['h1', 'h2'].map((id) => HostId.parse(id))
  assert.ok(h1 !== undefined && h2 !== undefined)
  const since = 'then'
  trial.decisions.set(KEY, IDENTITY)
  trial.decisions.set('d.presence.h1', { kind: 'presence', host: h1, presence: 'lost', since })
  trial.decisions.set('d.presence.h2', { kind: 'presence', host: h2, presence: 'present', since })
  trial.decisions.set('d.drain.h1.all', { kind: 'drain', host: h1, by: 'ann', why: '', since })
  return trial
}

function show(trial: ApiOnTrial, view: HostView): void {
  trial.state.live = { ...trial.state.live, hosts: [view] }
}

function remove(trial: ApiOnTrial, name: string) {
  const headers = trial.bearer('admin')
  return trial.app.inject({ method: 'DELETE', url: `/api/v1/hosts/${name}`, headers })
}
