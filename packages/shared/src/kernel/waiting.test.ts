import assert from 'node:assert/strict'
import { test } from 'node:test'
import { backoff } from './backoff.ts'
import { systemClock } from './clock.ts'
import { jitter, seededRandom } from './random.ts'

test('waits double to a ceiling, never reach zero, and start over after a success', () => {
  const waits = backoff({ firstMs: 100, maxMs: 1_000 }, seededRandom(1))
  const series = Array.from({ length: 20 }, () => waits.nextMs())
  assert.ok(series.every((ms, at) => ms >= Math.min(100 * 2 ** at, 1_000) / 2))
  assert.ok(series.every((ms) => ms <= 1_000))
  waits.reset()
  assert.ok(waits.nextMs() <= 100)
})

test('the same seed gives the same chances', () => {
  const draw = (): number[] => {
    const random = seededRandom(42)
    return Array.from({ length: 5 }, () => random.next())
  }
  assert.deepEqual(draw(), draw())
})

test('jitter stays within its share', () => {
  const random = seededRandom(7)
  for (let at = 0; at < 1_000; at++) {
    const ms = jitter(1_000, 0.2, random)
    assert.ok(ms >= 800 && ms <= 1_200)
  }
})

test('a sleep ends at once when its signal aborts', async () => {
  const stop = new AbortController()
  const sleeping = systemClock.sleep(60_000, stop.signal)
  stop.abort()
  await sleeping
})
