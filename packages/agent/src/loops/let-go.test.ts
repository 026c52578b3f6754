import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MemoryBus } from '@roadstead/bus/memory/memory-bus.ts'
import { systemClock as clock } from '@roadstead/shared/kernel/clock.ts'
import { MasterId, SiteId } from '@roadstead/shared/kernel/ids.ts'
import { silentLog as log } from '@roadstead/shared/kernel/log.ts'
import { seededRandom } from '@roadstead/shared/kernel/random.ts'
import { type LetGoReply, type LetGoRequest, RunId } from '@roadstead/shared/protocol/run.ts'
import { eventually } from '../../../../test/rig/eventually.ts'
import { aContainer, aState, cause, host } from '../testing.ts'
import { SILENCE_MS_MAX } from '../core/let-go.ts'
import { LetGo } from './let-go.ts'

const routed = aContainer({ labels: { 'roadstead.host': 'a.test' } })
const site = SiteId.parse('s1')
/** What a busy machine may add to a wait. */
const BUSY_MS = 3_000

/** An agent whose leader answers what it is told to; `undefined`: nobody leads. */
function agent(
  answer: (asked: readonly LetGoRequest[]) => LetGoReply | undefined,
  limitMs = 20_000,
) {
  const bus = new MemoryBus(site, { clock, random: seededRandom(1) })
  const asked: LetGoRequest[] = []
  const stop = new AbortController()
  const master = bus.master(MasterId.parse('m1'))
  void master.serveLetGo(async (request) => {
    asked.push(request)
    return answer(asked)
  }, stop.signal)
  const state = aState()
  state.seeContainer(routed, cause, 0)
  state.tell({ kind: 'host', facts: FACTS, networks: [], cause })
  state.tell({ kind: 'complete' })
  const gate = new LetGo({
    bus: bus.agent(host),
    engine: { identify: async (name) => (name === 'shop' ? routed.id : undefined) },
    state,
    host,
    freshHold: () => RunId.parse('0123456789abcdef'),
    limitMs,
    clock,
    log,
  })
  const consider = (method: string, target: string) =>
    gate.consider({ method, target, headers: new Map(), framing: { kind: 'none' } })
  const news = () =>
    state.outbox.drain().flatMap((it) => (it.kind === 'news' ? [it.news.attributes] : []))
  return { asked, consider, news, client: stop.signal, [Symbol.dispose]: () => stop.abort() }
}

const FACTS = {
  name: 'alpha',
  os: '',
  kernel: '',
  architecture: '',
  cpus: 1,
  memoryBytes: 1,
  addresses: [],
  engine: { id: '', version: '', apiVersion: '', storageDriver: '', liveRestore: false },
  agentVersion: '',
}
const until = (isTrue: () => boolean) =>
  eventually('the leader was asked', isTrue, { withinMs: 5_000 })
const phases = (asked: readonly LetGoRequest[]) => asked.map((it) => it.phase)

test('a stop is asked about until the leader lets go, and once more when it is over', async () => {
  const wait = { kind: 'wait', why: 'in flight' } as const
  using it = agent((asked) => (asked.length < 3 ? wait : { kind: 'go', why: 'quiet' }))
  const held = it.consider('POST', '/v1.41/containers/shop/stop')
  await held?.released(it.client)
  assert.deepEqual(phases(it.asked), ['ask', 'ask', 'ask'])
  held?.over()
  held?.over()
  await until(() => it.asked.length === 4)
  assert.deepEqual(phases(it.asked), ['ask', 'ask', 'ask', 'over'])
  const [first, , , last] = it.asked
  assert.deepEqual({ ...first, leftMs: 0 }, { ...last, phase: 'ask' })
  const left = it.asked.map(({ leftMs }) => leftMs)
  assert.ok(left.every((ms, at) => ms <= (left[at - 1] ?? 20_000)) && (left[2] ?? 0) > 19_000)
  assert.deepEqual([last?.action, last?.gaveUp, last?.container], ['stop', false, routed.id])
  assert.deepEqual(it.news(), [])
})

test('when nobody leads, it goes on when another one would have, and says so', async () => {
  using it = agent(() => undefined)
  const began = clock.monoMs()
  const held = it.consider('DELETE', `/containers/${routed.id}?force=1`)
  await held?.released(it.client)
  const tookMs = clock.monoMs() - began
  assert.ok(tookMs > SILENCE_MS_MAX - 500 && tookMs < SILENCE_MS_MAX + BUSY_MS, String(tookMs))
  const [said] = it.news()
  assert.deepEqual([said?.['action'], said?.['why']], ['remove', 'no-leader'])
  held?.over()
  await until(() => it.asked.at(-1)?.phase === 'over')
  assert.equal(it.asked.at(-1)?.gaveUp, true)
})

test('whoever leads next is asked about the same hold, and lets it go', async () => {
  using it = agent((asked) => {
    if (asked.length === 1) return { kind: 'wait', why: 'in flight' }
    return asked.length < 4 ? undefined : { kind: 'go', why: 'quiet' }
  })
  await it.consider('POST', '/containers/shop/stop')?.released(it.client)
  assert.equal(new Set(it.asked.map(({ hold }) => hold)).size, 1)
  assert.deepEqual(phases(it.asked), ['ask', 'ask', 'ask', 'ask'])
  assert.deepEqual(it.news(), [])
})

test('at the limit it goes on, and the leader hears so first', async () => {
  using it = agent(() => ({ kind: 'wait', why: 'in flight' }), 300)
  const began = clock.monoMs()
  const held = it.consider('POST', '/containers/shop/restart')
  await held?.released(it.client)
  const tookMs = clock.monoMs() - began
  assert.ok(tookMs > 200 && tookMs < 300 + BUSY_MS, String(tookMs))
  assert.equal(it.news()[0]?.['why'], 'limit')
  const { gaveUp, leftMs, phase } = it.asked.at(-1) ?? {}
  assert.deepEqual({ gaveUp, leftMs, phase }, { gaveUp: true, leftMs: 0, phase: 'ask' })
  assert.ok(it.asked.slice(0, -1).every((asked) => !asked.gaveUp))
})

test('who goes away is asked about no more', async () => {
  const gone = new AbortController()
  using it = agent((asked) => {
    if (asked.length === 2) gone.abort()
    return { kind: 'wait', why: 'in flight' }
  })
  const held = it.consider('POST', '/containers/shop/stop')
  await held?.released(gone.signal)
  held?.over()
  await until(() => it.asked.length === 3)
  assert.deepEqual(phases(it.asked), ['ask', 'ask', 'over'])
  assert.deepEqual(it.news(), [])
})

test('nobody is asked about what nobody routes, or what nobody has', async () => {
  using it = agent(() => ({ kind: 'wait', why: 'never' }))
  await it.consider('POST', '/containers/other/stop')?.released(it.client)
  await it.consider('POST', '/containers/shop/kill')?.released(it.client)
  await it.consider('POST', `/containers/${'0'.repeat(64)}/stop`)?.released(it.client)
  assert.equal(it.consider('POST', '/containers/shop/start'), undefined)
  assert.deepEqual(it.asked, [])
  using off = agent(() => undefined, 0)
  assert.equal(off.consider('POST', '/containers/shop/stop'), undefined)
})
