import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SliceCache } from './slice-cache.ts'

test('of a bucket that changes and changes the last two texts are kept', () => {
  const cache = new SliceCache()
  for (const name of ['a', 'b', 'c']) cache.put(3, name, `text ${name}`)
  cache.put(3, 'b', 'text b')
  assert.deepEqual(
    ['a', 'b', 'c'].map((name) => cache.get(3, name)),
    [undefined, 'text b', 'text c'],
  )
})

test('what one bucket has is not taken for what another has', () => {
  const cache = new SliceCache()
  cache.put(1, 'a', 'text')
  assert.equal(cache.get(2, 'a'), undefined)
})

test('a bucket that no head can name is not kept', () => {
  const cache = new SliceCache()
  for (const bucket of [-1, 1.5, 1_024, Number.NaN]) {
    cache.put(bucket, 'a', 'text')
    assert.equal(cache.get(bucket, 'a'), undefined)
  }
})
