import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { exampleContainer } from '../examples.ts'
import { DRAIN, drainLabelMs, durationText, HOLD, readDuration, SLOW_START } from './durations.ts'

const read = (text: string, bounds = DRAIN) => {
  const found = readDuration(text, bounds)
  return found.kind === 'value' ? found.value : found.reason
}

test('a time is a whole number with its unit', () => {
  assert.deepEqual(
    ['500ms', '10s', '2m', '0s'].map((text) => read(text)),
    [500, 10_000, 120_000, 0],
  )
})

test('nothing else is a time, and nothing is repaired', () => {
  const wrong = [
    '',
    '10',
    '10 s',
    ' 10s',
    '10S',
    '+1s',
    '-1s',
    '1.5s',
    '01s',
    '1h',
    '1e3ms',
    '0x1s',
  ]
  for (const text of [...wrong, '１s', '1s\n', '1s1s', '9999999ms', 'constructor']) {
    assert.equal(read(text), 'invalid-duration', JSON.stringify(text))
  }
})

test('each label has its least and its most', () => {
  assert.deepEqual([read('10s', HOLD), read('10001ms', HOLD)], [10_000, 'invalid-duration'])
  assert.deepEqual([read('1s', SLOW_START), read('999ms', SLOW_START)], [1_000, 'invalid-duration'])
  assert.deepEqual(
    [read('10m', SLOW_START), read('11m', SLOW_START)],
    [600_000, 'invalid-duration'],
  )
})

test('a time that is written as text is read back', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: DRAIN.mostMs }), (ms) => {
      assert.equal(read(durationText(ms)), ms)
    }),
  )
})

test('a container says how long it must be left alone; nonsense is not waited for', () => {
  const drain = (value: string) => exampleContainer(1, { labels: { 'roadstead.drain': value } })
  assert.deepEqual(
    [exampleContainer(1), drain('30s'), drain('soon'), drain('11m')].map(drainLabelMs),
    [0, 30_000, 0, 0],
  )
})
