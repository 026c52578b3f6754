import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SliceCache } from './slice-cache.ts'

test('the cache never holds more than its limit and forgets what was used longest ago', () => {
  const cache = new SliceCache(30)
  for (const name of ['a', 'b', 'c']) cache.put(name, name.repeat(10))
  assert.equal(cache.get('a'), 'a'.repeat(10))

  cache.put('d', 'd'.repeat(10))

  assert.deepEqual(
    ['a', 'b', 'c', 'd'].map((name) => cache.get(name) !== undefined),
    [true, false, true, true],
  )
})

test('a text larger than the whole cache is not kept', () => {
  const cache = new SliceCache(30)
  cache.put('a', 'a'.repeat(31))
  cache.put('b', 'b')

  assert.equal(cache.get('a'), undefined)
  assert.equal(cache.get('b'), 'b')
})
