import assert from 'node:assert/strict'
import { test } from 'node:test'
import { endpoint, route, service, table } from '../testing/tables.ts'
import { FALL, type HealthByEndpoint, learnRound, leftOut, RISE } from './checks.ts'
import { endpointKey } from './table.ts'

const two = table([service('s', endpoint(1), endpoint(2))], [route('s.test', 's')])
const keys = two.services.flatMap((it) => it.endpoints.map((one) => endpointKey(it.id, one)))
const [first = '', second = ''] = keys

function rounds(health: HealthByEndpoint, count: number, answers: Record<string, boolean>) {
  let next = health
  for (let round = 1; round <= count; round += 1) {
    next = learnRound(next, new Map(Object.entries(answers)), two, round)
  }
  return next
}

test('an endpoint is left out after three failures in a row, and not after two', () => {
  const failing = { [first]: false, [second]: true }
  assert.equal(leftOut(two, rounds(new Map(), FALL - 1, failing)).size, 0)
  assert.deepEqual([...leftOut(two, rounds(new Map(), FALL, failing))], [first])
})

test('one answer in between starts the count again', () => {
  let health = rounds(new Map(), FALL - 1, { [first]: false })
  health = rounds(health, 1, { [first]: true })
  health = rounds(health, FALL - 1, { [first]: false })
  assert.equal(leftOut(two, health).size, 0)
})

test('it comes back after two answers', () => {
  const failing = rounds(new Map(), FALL, { [first]: false, [second]: true })
  assert.equal(leftOut(two, rounds(failing, RISE - 1, { [first]: true })).size, 1)
  assert.equal(leftOut(two, rounds(failing, RISE, { [first]: true })).size, 0)
})

test('the last endpoint of a service is never left out', () => {
  const health = rounds(new Map(), 10, { [first]: false, [second]: false })
  assert.equal(leftOut(two, health).size, 0)
  assert.equal(health.get(first)?.state, 'failing')
})

test('what left the table is forgotten, and what never failed takes no memory', () => {
  const health = rounds(new Map(), FALL, { [first]: false, [second]: true })
  assert.deepEqual([...health.keys()], [first])
  const smaller = table([service('s', endpoint(2))], [route('s.test', 's')])
  assert.equal(learnRound(health, new Map(), smaller, 9).size, 0)
})
