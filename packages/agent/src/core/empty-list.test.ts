import assert from 'node:assert/strict'
import { test } from 'node:test'
import { judgeList, knownCount } from './empty-list.ts'

const calm = { emptySinceMs: undefined }

test('a list with something in it is believed, and so is an empty one of an empty host', () => {
  assert.deepEqual(judgeList(calm, 1, 5, 0), [calm, 'believed'])
  assert.deepEqual(judgeList(calm, 0, 0, 0), [calm, 'believed'])
})

test('a list that turns empty is unknown until another one agrees five seconds later', () => {
  const [once, first] = judgeList(calm, 0, 5, 1_000)
  assert.equal(first, 'unknown')
  const [still, second] = judgeList(once, 0, 5, 5_999)
  assert.equal(second, 'unknown')
  assert.deepEqual(judgeList(still, 0, 5, 6_000), [calm, 'believed'])
})

test('a list with something in between begins it anew', () => {
  const [once] = judgeList(calm, 0, 5, 1_000)
  const [between] = judgeList(once, 1, 5, 2_000)
  assert.equal(judgeList(between, 0, 5, 7_000)[1], 'unknown')
})

test('until all was seen once, what an earlier life knew is known', () => {
  assert.equal(knownCount({ complete: false, count: 0 }, 7), 7)
  assert.equal(knownCount({ complete: false, count: 9 }, 7), 9)
  assert.equal(knownCount({ complete: true, count: 0 }, 7), 0)
})
