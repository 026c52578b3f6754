import assert from 'node:assert/strict'
import { test } from 'node:test'
import { freed, markOfImage, markOfVolume, missing, shortId, sizeOf } from './stock.ts'

test('an image is in use, unused, outdated, or nobody knows', () => {
  const word = (outdated: boolean, unused: boolean, containers: number): string =>
    markOfImage({ outdated, unused, containers: Array.from({ length: containers }) }).word
  assert.deepEqual(
    [word(true, false, 1), word(false, false, 1), word(false, true, 0), word(false, false, 0)],
    ['Outdated', 'In use', 'Unused', 'Not known'],
  )
  assert.equal(markOfVolume({ containers: [], unused: false }).word, 'Not known')
})

test('sizes and ids are short', () => {
  assert.deepEqual([0, 950, 1_234, 188_000_000, 2e12].map(sizeOf), [
    '0 B',
    '950 B',
    '1.2 kB',
    '188 MB',
    '2.0 TB',
  ])
  assert.equal(shortId(`sha256:${'a'.repeat(64)}`), 'a'.repeat(12))
})

test('what is missing from a list is said, and what would be free is a least where it is not exact', () => {
  const host = { host: 'h', hostName: 'alpha', complete: true, untold: 0, images: 1, bytes: 9 }
  const [sure, unsure] = [
    { ...host, unusedBytes: 5_000, exact: true },
    { ...host, unusedBytes: 0, exact: false, complete: false, untold: 3 },
  ]
  assert.match(freed({ hosts: [sure] }), /, 5\.0 kB would/)
  assert.match(freed({ hosts: [sure, unsure] }), /at least 5\.0 kB/)
  assert.equal(freed({ hosts: [unsure] }), '')
  assert.equal(missing([sure]), '')
  assert.match(missing([sure, unsure]), /by alpha\. 3 more/)
})
