import assert from 'node:assert/strict'
import { test } from 'node:test'
import { bytesText } from './bytes.ts'

test('a size has three digits and a unit', () => {
  const sizes = [0, 999, 1_000, 1_234, 12_345, 123_456, 999_499, 999_500, 7_800_000, 2e15, 5e18]
  assert.deepEqual(sizes.map(bytesText), [
    '0 B',
    '999 B',
    '1.00 kB',
    '1.23 kB',
    '12.3 kB',
    '123 kB',
    '999 kB',
    '1.00 MB',
    '7.80 MB',
    '2.00 PB',
    '5000 PB',
  ])
})
