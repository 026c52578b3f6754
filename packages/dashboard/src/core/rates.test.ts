import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ratesInWords } from './rates.ts'

test('a route that no edge has told of has no words, and one without requests says so', () => {
  assert.equal(ratesInWords(undefined), undefined)
  assert.deepEqual(ratesInWords({ perSecond: 0, errorsPerSecond: 0 }), { rate: '0/s' })
})

test('errors are named only when there are some; times have a unit', () => {
  assert.deepEqual(
    ratesInWords({ perSecond: 123.4, errorsPerSecond: 0.03, p50Ms: 3, p99Ms: 48.6 }),
    {
      rate: '123/s',
      errors: '0.03 errors/s',
      slowest: 'p99 49 ms',
    },
  )
  assert.equal(ratesInWords({ perSecond: 2.53, errorsPerSecond: 0, p99Ms: 1_500 })?.rate, '2.5/s')
  assert.equal(
    ratesInWords({ perSecond: 1, errorsPerSecond: 0, p99Ms: 10_000 })?.slowest,
    'p99 10 s or more',
  )
})
