import assert from 'node:assert/strict'
import { test } from 'node:test'
import { endpoint, service, table } from '../testing/tables.ts'
import { peersOf } from './peers.ts'
import { plainView } from './own-view.ts'
import { learnJoins, sharesAt } from './slow-start.ts'

const slow = (...ports: readonly number[]) =>
  table([{ ...service('s', ...ports.map((port) => endpoint(port))), slowStartMs: 8_000 }], [])
const nobody = new Map<string, number>()

test('an endpoint that joins others gets its share in four steps', () => {
  const it = slow(1, 2)
  const joins = learnJoins(nobody, slow(1), it, 1_000)
  const steps = [1_000, 2_999, 3_000, 5_000, 7_000].map((nowMs) => {
    const { quarters, changesMs } = sharesAt(joins, it, nowMs)
    const [first] = it.services
    const weights = first === undefined ? [] : peersOf(first, { ...plainView, quarters })
    return [weights.map(({ weight }) => weight).join(' '), changesMs]
  })
  assert.deepEqual(steps, [
    ['4 1', 3_000],
    ['4 1', 3_000],
    ['4 2', 5_000],
    ['4 3', 7_000],
    ['1 1', undefined],
  ])
  assert.equal(learnJoins(joins, it, it, 9_000).size, 0)
})

test('nobody starts slowly who was there at the start, or who begins a service', () => {
  assert.equal(learnJoins(nobody, undefined, slow(1, 2), 0).size, 0)
  assert.equal(learnJoins(nobody, table([], []), slow(1, 2), 0).size, 0)
  assert.equal(
    learnJoins(nobody, slow(1), table([service('s', endpoint(1), endpoint(2))], []), 0).size,
    0,
  )
})

test('where all start, all get what they are due', () => {
  const it = slow(3, 4)
  const joins = learnJoins(nobody, slow(1), it, 0)
  const { quarters } = sharesAt(joins, it, 0)
  const [first] = it.services
  assert.ok(first !== undefined)
  assert.deepEqual(
    peersOf(first, { ...plainView, quarters }).map(({ weight }) => weight),
    [1, 1],
  )
})

test('who left and comes back starts again', () => {
  const first = learnJoins(nobody, slow(1), slow(1, 2), 0)
  const gone = learnJoins(first, slow(1, 2), slow(1), 1_000)
  assert.equal(gone.size, 0)
  assert.deepEqual([...learnJoins(gone, slow(1), slow(1, 2), 2_000).values()], [2_000])
})
