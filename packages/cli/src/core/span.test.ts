import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseSpanSeconds, since, span, timeOfDay } from './span.ts'

test('a span has two digits or so and a unit', () => {
  const spans = [7, 999, 1_500, 45_000, 119_000, 600_000, 7_200_000, 172_800_000]

  assert.deepEqual(
    spans.map((ms) => span(ms)),
    ['7ms', '999ms', '1.5s', '45s', '119s', '10m', '2h', '2d'],
  )
})

test('a time that is missing or unreadable is a dash, not a number', () => {
  assert.equal(since(undefined, 0), '-')
  assert.equal(since('yesterday', 0), '-')
  assert.equal(since('1970-01-01T00:00:00Z', 61_000), '61s')
  assert.equal(timeOfDay('2026-03-04T05:06:07.089Z'), '05:06:07.089')
})

test('a typed span is read, and anything else is refused', () => {
  assert.equal(parseSpanSeconds('30s'), 30)
  assert.equal(parseSpanSeconds('1h'), 3_600)
  assert.equal(parseSpanSeconds('7d'), 604_800)
  for (const text of ['', '1', 'h', '-1h', '0s', '1.5h', '1h30m', '1y']) {
    assert.equal(parseSpanSeconds(text), undefined, text)
  }
})
