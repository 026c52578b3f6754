import assert from 'node:assert/strict'
import { test } from 'node:test'
import { dayAndTime, parseMoment, parseSpanSeconds, since, span, timeOfDay } from './span.ts'

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

test('a typed moment is a span ago, a time of day, a day or RFC 3339; anything else is refused', () => {
  const now = Date.parse('2026-03-04T05:06:07Z')
  const read = (text: string): string | undefined => {
    const ms = parseMoment(text, now)
    return ms === undefined ? undefined : new Date(ms).toISOString()
  }
  assert.equal(read('2h'), '2026-03-04T03:06:07.000Z')
  assert.equal(read('03:10'), '2026-03-04T03:10:00.000Z')
  assert.equal(read('23:10:05'), '2026-03-03T23:10:05.000Z')
  assert.equal(read('2026-03-01'), '2026-03-01T00:00:00.000Z')
  assert.equal(read('2026-03-01 03:10'), '2026-03-01T03:10:00.000Z')
  assert.equal(read('2026-03-01T03:10:00+01:00'), '2026-03-01T02:10:00.000Z')
  for (const text of ['', 'now', '25:00', '3:10', '2026-13-01', '2026-03-01T', 'Mon']) {
    assert.equal(read(text), undefined, text)
  }
})

test('a time is shown with its day unless it was today', () => {
  const now = Date.parse('2026-03-04T05:06:07Z')
  assert.equal(dayAndTime('2026-03-04T01:02:03.004Z', now), '01:02:03.004')
  assert.equal(dayAndTime('2026-03-03T01:02:03.004Z', now), '2026-03-03 01:02:03')
})
