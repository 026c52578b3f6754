import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { canonical } from './canonical.ts'

test('the order in which a value was built does not show', () => {
  assert.equal(canonical({ b: 1, a: [{ d: 2, c: 3 }] }), canonical({ a: [{ c: 3, d: 2 }], b: 1 }))
})

test('a field that is undefined is as good as absent', () => {
  assert.equal(canonical({ a: undefined, b: 1 }), '{"b":1}')
})

test('canonical text says the same as the value', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (value) => {
      const plain: unknown = JSON.parse(JSON.stringify(value))
      assert.deepEqual(JSON.parse(canonical(JSON.parse(JSON.stringify(value)))), plain)
    }),
  )
})
