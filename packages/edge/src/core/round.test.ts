import assert from 'node:assert/strict'
import { test } from 'node:test'
import { askedAfterMs } from './round.ts'

test('few are asked at once', () => {
  assert.equal(askedAfterMs(63, 64, 2_000), 0)
})

test('many are spread over the round, evenly, and all are asked well before its end', () => {
  const moments = Array.from({ length: 5_000 }, (_, at) => askedAfterMs(at, 5_000, 2_000))
  assert.equal(moments[0], 0)
  assert.ok((moments.at(-1) ?? 0) < 1_500)
  const breaths = Map.groupBy(moments, (ms) => ms)
  for (const asked of breaths.values()) assert.ok(asked.length <= 54, `${asked.length} at once`)
})
