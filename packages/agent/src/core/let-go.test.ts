import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { LEASE_CLUSTER_MS } from '@roadstead/shared/kernel/limits.ts'
import { beginHold, continueHold, HOLDS_MAX, type HoldStep, SILENCE_MS_MAX } from './let-go.ts'

const wait = { kind: 'wait', why: 'busy' } as const
const go = { kind: 'go', why: 'quiet' } as const
const silence = { kind: 'unreachable' } as const
type Reply = Parameters<typeof continueHold>[1]

/** What an agent allows unless it is told otherwise. */
const DRAIN_LIMIT_MS = 20_000

/** Plays a hold against answers that take their time; silence takes all of it, or so long. */
function play(
  answerAt: (n: number) => Reply,
  limitMs = DRAIN_LIMIT_MS,
  silenceMs = Infinity,
): { step: HoldStep; ms: number } {
  let ms = 0
  let [hold, step] = beginHold(limitMs, 0, ms)
  for (let n = 0; step.kind === 'ask'; n += 1) {
    const reply = answerAt(n)
    assert.ok(step.afterMs <= 500)
    ms += step.afterMs + (reply.kind === 'unreachable' ? Math.min(step.timeoutMs, silenceMs) : 1)
    ;[hold, step] = continueHold(hold, reply, ms)
  }
  return { step, ms }
}

test('a container that is let go passes at once', () => {
  assert.deepEqual(
    play(() => go),
    { step: { kind: 'pass', gaveUp: undefined }, ms: 1 },
  )
})

test('it is asked again until it is let go', () => {
  const { step, ms } = play((n) => (n < 5 ? wait : go))
  assert.deepEqual(step, { kind: 'pass', gaveUp: undefined })
  assert.ok(ms < 600)
})

test('silence is borne for as long as another leader takes, and counts from its first moment', () => {
  const { step, ms } = play(() => silence)
  assert.deepEqual(step, { kind: 'pass', gaveUp: 'no-leader' })
  assert.ok(ms >= SILENCE_MS_MAX - 100 && ms <= SILENCE_MS_MAX, String(ms))
  const late = play((n) => (n < 20 ? wait : silence))
  assert.deepEqual(late.step, { kind: 'pass', gaveUp: 'no-leader' })
  const heldMs = late.ms - play((n) => (n < 20 ? wait : go)).ms
  assert.ok(Math.abs(heldMs - SILENCE_MS_MAX) <= 100, String(heldMs))
})

test('a leader that dies on three servers, and their election, are no end of patience', () => {
  assert.ok(SILENCE_MS_MAX >= LEASE_CLUSTER_MS + 1_000)
  assert.ok(SILENCE_MS_MAX < DRAIN_LIMIT_MS / 2)
})

test('whoever answers, be it once, is waited for again', () => {
  const lossy = play((n) => (n % 6 === 5 ? wait : n === 16 ? go : silence))
  assert.deepEqual(lossy.step, { kind: 'pass', gaveUp: undefined })
  assert.ok(lossy.ms > 2 * SILENCE_MS_MAX)
})

test('a server that refuses at once is asked as long as one that says nothing', () => {
  const refused = play(() => silence, 20_000, 0)
  assert.deepEqual(refused.step, { kind: 'pass', gaveUp: 'no-leader' })
  assert.ok(refused.ms >= SILENCE_MS_MAX - 100 && refused.ms <= SILENCE_MS_MAX)
})

test('whatever is answered, the limit is kept', () => {
  const replies = fc.array(fc.constantFrom<Reply>(wait, silence, wait, wait), { minLength: 1 })
  fc.assert(
    fc.property(replies, fc.integer({ min: 1, max: 60_000 }), (list, limitMs) => {
      const { step, ms } = play((n) => list[n % list.length] ?? wait, limitMs)
      assert.ok(step.kind === 'pass' && step.gaveUp !== undefined)
      assert.ok(ms <= limitMs)
    }),
  )
  const full = play(() => wait, 3_000)
  assert.deepEqual(full.step, { kind: 'pass', gaveUp: 'limit' })
  assert.ok(full.ms > 2_900)
  const short = play(() => silence, 3_000)
  assert.deepEqual(short.step, { kind: 'pass', gaveUp: 'limit' })
})

test('more than can be held at once are passed on, and that is said', () => {
  assert.deepEqual(beginHold(1_000, HOLDS_MAX, 0)[1], { kind: 'pass', gaveUp: 'too-many' })
})
