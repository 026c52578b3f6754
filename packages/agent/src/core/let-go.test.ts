import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { beginHold, continueHold, HOLDS_MAX, type HoldStep } from './let-go.ts'

const wait = { kind: 'wait', why: 'busy' } as const
const go = { kind: 'go', why: 'quiet' } as const
const silence = { kind: 'unreachable' } as const
type Reply = Parameters<typeof continueHold>[1]

/** Plays a hold against answers that take their time; silence takes all of it. */
function play(answerAt: (n: number) => Reply, limitMs = 20_000): { step: HoldStep; ms: number } {
  let ms = 0
  let [hold, step] = beginHold(limitMs, 0, ms)
  for (let n = 0; step.kind === 'ask'; n += 1) {
    const reply = answerAt(n)
    assert.ok(step.afterMs <= 500)
    ms += step.afterMs + (reply.kind === 'unreachable' ? step.timeoutMs : 1)
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

test('when nobody answers twice in a row it goes on within 1.5 s, and once is forgiven', () => {
  const { step, ms } = play(() => silence)
  assert.deepEqual(step, { kind: 'pass', gaveUp: 'no-leader' })
  assert.ok(ms <= 1_500)
  const lossy = play((n) => (n === 6 ? go : n % 2 === 0 ? wait : silence))
  assert.deepEqual(lossy.step, { kind: 'pass', gaveUp: undefined })
})

test('who has heard a leader waits until the next one leads', () => {
  const taken = play((n) => (n === 0 ? wait : n < 5 ? silence : go))
  assert.deepEqual(taken.step, { kind: 'pass', gaveUp: undefined })
  assert.ok(taken.ms > 2_500)
  const { step, ms } = play((n) => (n === 0 ? wait : silence))
  assert.deepEqual(step, { kind: 'pass', gaveUp: 'no-leader' })
  assert.ok(ms <= 4_000)
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
})

test('more than can be held at once are passed on, and that is said', () => {
  assert.deepEqual(beginHold(1_000, HOLDS_MAX, 0)[1], { kind: 'pass', gaveUp: 'too-many' })
})
