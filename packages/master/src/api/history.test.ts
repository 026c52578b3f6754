import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AuditPage, EventPage, type EventView } from '@roadstead/shared/protocol/http-events.ts'
import { ContainerId, HostId } from '@roadstead/shared/kernel/ids.ts'
import { type Explanation, type Problem } from '@roadstead/shared/protocol/http.ts'
import { DomainName, PathPattern, ServiceKey } from '@roadstead/shared/protocol/route.ts'
import type { Verdict } from '@roadstead/shared/protocol/verdict.ts'
import { exampleContainer, exampleSnapshot, exampleStamp } from '../core/examples.ts'
import { notesOfAllVerdicts, notesOfVerdicts } from '../core/history/judged.ts'
import { ManualClock } from '../testing/manual-clock.ts'
import { type ApiOnTrial, apiOnTrial } from './api-on-trial.ts'
import { writeDown } from './history-on-trial.ts'

const START = Date.UTC(2026, 0, 1)
const at = (seconds: number): string => new Date(START + seconds * 1_000).toISOString()
const host = HostId.parse('h1')
const { id } = exampleContainer(1)

/** Snapshot at 1 s, container 1 stops at 10 s and comes back at 20 s; routed accordingly. */
async function trialWithPast(clock = new ManualClock()): Promise<ApiOnTrial> {
  const trial = await apiOnTrial(clock)
  const { notes } = trial
  const told = (seconds: number, action: string) => ({ action, seenAtMs: START + seconds * 1_000 })
  const containers = [1, 2, 3].map((number) => exampleContainer(number))
  notes.snapshot({ ...exampleSnapshot(exampleStamp('h1', 1), containers), cause: told(1, 'list') })
  const seen = (seq: number, state: 'exited' | 'running', seconds: number, action: string) =>
    notes.observed(
      {
        kind: 'container-seen',
        stamp: exampleStamp('h1', seq),
        container: exampleContainer(1, { state }),
        cause: { ...told(seconds, action), timeNano: '1' },
      },
      { incarnation: 1, seq },
    )
  seen(2, 'exited', 10, 'die')
  seen(3, 'running', 20, 'start')
  const [one, two, three] = [verdicts('routed'), verdicts('not-running'), verdicts('routed')]
  const when = (seconds: number) => ({
    atMs: START + seconds * 1_000,
    causeOf: () => 'engine: die',
    epoch: 1,
  })
  notes.put(notesOfAllVerdicts(one, when(2)), 1)
  notes.put(notesOfVerdicts(one, two, when(10)), 1)
  notes.put(notesOfVerdicts(two, three, when(20)), 1)
  await writeDown(trial)
  await clock.pass(60_000)
  return trial
}

function verdicts(reason: Verdict['reason']) {
  const verdict: Verdict = {
    host,
    container: ContainerId.parse(id),
    containerName: 'c1',
    route: 'default',
    domain: DomainName.parse('shop.test'),
    path: PathPattern.parse('/'),
    match: 'prefix',
    service: ServiceKey.parse('shop'),
    reason,
    details: {},
  }
  return new Map([[host, new Map([[ContainerId.parse(id), [verdict]]])]])
}

async function listed(trial: ApiOnTrial, query: string): Promise<EventPage> {
  const headers = trial.bearer('viewer')
  const answer = await trial.app.inject({ url: `/api/v1/events?${query}`, headers })
  assert.equal(answer.statusCode, 200, answer.body)
  return EventPage.parse(answer.json())
}

const words = ({ items }: EventPage) => items.map(({ subject, what }) => `${subject}: ${what}`)

test('the list of events reads the change log, oldest first, with causes', async () => {
  await using trial = await trialWithPast()
  const page = await listed(trial, '')
  assert.deepEqual(words(page), [
    'h1: host found',
    'bridge: network found',
    'c1: container found',
    'c2: container found',
    'c3: container found',
    'c1: routed',
    'c1: container changed',
    'c1: not routed',
    'c1: container changed',
    'c1: routed',
  ])
  const [died] = page.items.filter(({ cause }) => cause === 'engine: die')
  assert.equal(died?.details['state'], 'running → exited')
  assert.equal(died.container, id)
  assert.equal(died.hostName, 'h1')
  assert.equal(page.log?.state, 'written')
  assert.equal(page.next, undefined)
})

test('it is filtered by host, container, kind and time', async () => {
  await using trial = await trialWithPast()
  const count = async (query: string) => (await listed(trial, query)).items.length
  assert.equal(await count('host=h1'), 10)
  assert.equal(await count('host=h2'), 0)
  assert.equal(await count('container=c1'), 6)
  assert.equal(await count('container=h1/c1'), 6)
  assert.equal(await count('container=h2/c1'), 0)
  assert.equal(await count(`container=${id.slice(0, 63)}`), 8, 'an ambiguous beginning means all')
  assert.equal(await count(`container=${id}&kind=verdict`), 3)
  assert.equal(await count('kind=host,network'), 2)
  assert.equal(await count(`since=${at(10)}`), 4)
  assert.equal(await count(`since=${at(10)}&until=${at(20)}`), 2)
  const wrong = ['kind=nothing', 'since=yesterday', `since=${at(9)}&until=${at(8)}`, 'before=x']
  for (const query of wrong) {
    const headers = trial.bearer('viewer')
    const answer = await trial.app.inject({ url: `/api/v1/events?${query}`, headers })
    assert.equal(answer.statusCode, 400, query)
  }
})

test('pages follow one another without a gap and without a repeat', async () => {
  await using trial = await trialWithPast()
  const all = await listed(trial, '')
  const read: EventView[] = []
  let before = ''
  for (;;) {
    const page = await listed(trial, `limit=3${before}`)
    read.unshift(...page.items)
    if (page.next === undefined) break
    before = `&before=${page.next}`
  }
  assert.deepEqual(read, all.items)
})

test('with a revision it is the list in memory, as before', async () => {
  await using trial = await trialWithPast()
  const about = { host: '', hostName: '', subject: 'x', details: {}, at: at(0) }
  trial.events.add({ ...about, kind: 'leader', origin: 'master', what: 'leader changed' })
  assert.deepEqual(words(await listed(trial, 'after=0')), ['x: leader changed'])
})

test('while the disk takes nothing, the list is what is remembered, and says so', async () => {
  await using trial = await trialWithPast()
  const about = { host: '', hostName: '', subject: 'x', details: {}, at: at(30) }
  trial.events.add({ ...about, kind: 'leader', origin: 'master', what: 'leader changed' })
  trial.notes.status = { state: 'memory', why: 'the disk is full' }
  const page = await listed(trial, '')
  assert.deepEqual(words(page), ['x: leader changed'])
  assert.equal(page.log?.why, 'the disk is full')
  const older = await listed(trial, `before=${page.next}`)
  assert.equal(older.items.length, 10, 'and goes on with what had been written')
})

async function explained(trial: ApiOnTrial, what: string, when: string) {
  const headers = trial.bearer('viewer')
  const query = new URLSearchParams({ what, at: when }).toString()
  return trial.app.inject({ url: `/api/v1/explain?${query}`, headers })
}

test('why something was routed, or was not, is answered as it was then', async () => {
  await using trial = await trialWithPast()
  for (const subject of ['c1', 'h1/c1', id, 'shop.test', 'https://shop.test/x']) {
    const routedAt = async (seconds: number) => {
      const answer = await explained(trial, subject, at(seconds))
      assert.equal(answer.statusCode, 200, answer.body)
      return answer.json<Explanation>()
    }
    assert.equal((await routedAt(5)).routed, true, subject)
    const down = await routedAt(15)
    assert.equal(down.routed, false, subject)
    assert.equal(down.verdicts[0]?.reason, 'not-running')
    assert.equal(down.asOf?.at, at(15))
    assert.ok(down.steps.some(({ details }) => details['because of'] === 'engine: die'))
    assert.equal((await routedAt(25)).routed, true, subject)
  }
})

test('what the log cannot know it does not guess', async () => {
  await using trial = await trialWithPast()
  const refusal = async (what: string, when: string) =>
    (await explained(trial, what, when)).json<Problem>()
  const early = await refusal('c1', '2025-12-31T23:59:59Z')
  assert.equal(early.code, 'before-log')
  assert.match(early.detail, /2026-01-01T00:00:00/)
  assert.equal((await refusal('nobody', at(15))).code, 'not-found')
  assert.equal((await refusal('c1', '2036-01-01T00:00:00Z')).code, 'bad-input')
  const before = (await explained(trial, 'c1', at(0))).json<Explanation>()
  assert.equal(before.routed, false)
  assert.match(JSON.stringify(before.steps), /nothing had been heard of it yet/)
})

async function audited(trial: ApiOnTrial, query = '') {
  await writeDown(trial)
  const headers = trial.bearer('admin')
  const answer = await trial.app.inject({ url: `/api/v1/events/audit?${query}`, headers })
  assert.equal(answer.statusCode, 200, answer.body)
  return AuditPage.parse(answer.json()).items
}

test('who asked for what is noted with its outcome, and no secret with it', async () => {
  await using trial = await apiOnTrial(new ManualClock())
  const { app } = trial
  const post = (url: string, role: 'viewer' | 'operator' | 'admin', payload: object) =>
    app.inject({ method: 'POST', url: `/api/v1/${url}`, headers: trial.bearer(role), payload })
  const token = { kind: 'join', role: 'agent', ttlSeconds: 60, uses: 2, note: 'new host' }
  const made = (await post('tokens', 'admin', token)).json<{ id: string; token: string }>()
  await post('drain', 'operator', { container: 'nobody', why: 'a look' })
  await post('drain', 'viewer', { container: 'nobody' })
  const joining = { token: made.token, role: 'agent', id: 'h9', name: 'nine', publicKey: 'secret' }
  const stranger = { host: 'localhost' }
  await app.inject({ method: 'POST', url: '/api/v1/join', headers: stranger, payload: joining })
  await app.inject({ method: 'POST', url: '/api/v1/drain', headers: stranger, payload: {} })
  await post('policy/check', 'operator', { text: '{}' })
  const items = await audited(trial)
  assert.deepEqual(
    items.map(({ asked, code = '', outcome, who }) => `${who} ${asked} ${outcome} ${code}`.trim()),
    [
      'the admin POST /api/v1/tokens done',
      'the operator POST /api/v1/drain refused not-found',
      'the viewer POST /api/v1/drain refused not-allowed',
      '- POST /api/v1/join refused bad-input',
    ],
  )
  assert.deepEqual(items[1]?.about, { container: 'nobody', why: 'a look' })
  assert.equal(items[3]?.token, made.id)
  const secret = made.token.slice(made.token.lastIndexOf('_') + 1)
  assert.doesNotMatch(JSON.stringify(items), new RegExp(`${secret}|publicKey|secret`))
  assert.deepEqual(await audited(trial, 'limit=1'), items.slice(-1))
})

test('signing in is noted with who it was, also when nobody was let in', async () => {
  await using trial = await apiOnTrial(new ManualClock())
  const session = {
    method: 'POST',
    url: '/api/v1/session',
    headers: { host: 'localhost' },
  } as const
  await trial.app.inject({ ...session, payload: { token: 'token-of-the-first-admin' } })
  await trial.app.inject({ ...session, payload: { token: 'token-of-somebody-else' } })
  const items = await audited(trial)
  assert.deepEqual(
    items.map(({ outcome, via, who }) => [who, via, outcome]),
    [
      ['admin', 'session', 'done'],
      ['-', 'nobody', 'refused'],
    ],
  )
  assert.doesNotMatch(JSON.stringify(items), /token-of/)
})
