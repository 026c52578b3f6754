import assert from 'node:assert/strict'
import { test } from 'node:test'
import { TokenBucket } from './token-bucket.ts'

const limits = { burst: 16, everyMs: 10 }

test('a few go at once', () => {
  const pace = new TokenBucket(limits, 0)
  assert.equal(goneAt(pace, 0), 16)
  assert.equal(pace.waitMs(0), 10)
  assert.equal(pace.waitMs(4), 6)
})

test('whoever has more goes at the pace, and waits no longer for it', () => {
  const pace = new TokenBucket(limits, 0)
  let gone = 0
  for (let nowMs = 0; nowMs < 1_000; nowMs += 1) {
    gone += goneAt(pace, nowMs)
    assert.ok(pace.waitMs(nowMs) <= 10)
  }
  assert.ok(gone >= 100 && gone <= 116, `${gone}`)
})

test('after a rest it is a few again, and never more', () => {
  const pace = new TokenBucket(limits, 0)
  goneAt(pace, 0)
  assert.equal(goneAt(pace, 50), 5)
  assert.equal(goneAt(pace, 100_000), 16)
})

function goneAt(pace: TokenBucket, nowMs: number): number {
  let gone = 0
  for (; pace.waitMs(nowMs) === 0; gone += 1) pace.take()
  return gone
}
