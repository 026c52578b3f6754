import assert from 'node:assert/strict'
import { test } from 'node:test'
import { editDistance, nearest } from './nearest.ts'

test('one edit is one: a letter more, less, another, or two swapped', () => {
  for (const word of ['hosts', 'hst', 'hoxt', 'hsot']) {
    assert.equal(editDistance(word, 'host'), 1, word)
  }
  assert.equal(editDistance('', 'host'), 4)
  assert.equal(editDistance('host', 'host'), 0)
})

test('what is far from everything is near to nothing', () => {
  assert.equal(nearest('prot', ['host', 'port', 'path']), 'port')
  assert.equal(nearest('middlewares', ['host', 'port', 'path']), undefined)
  assert.equal(nearest('x'.repeat(10_000), ['host']), undefined)
})
