import assert from 'node:assert/strict'
import { test } from 'node:test'
import { endpoint, route, service, serviceId, table } from '../testing/tables.ts'
import { overBudget, routeKeys } from './upstream-budget.ts'

const names = ['a', 'b', 'c']
const three = table(
  names.map((name, at) => service(name, endpoint(at + 1))),
  names.map((name) => route(`${name}.test`, name)),
)

test('within the budget nothing is refused', () => {
  assert.deepEqual(overBudget(three, new Set(), 3), [])
})

test('a newcomer is refused, and never an incumbent', () => {
  const inForce = new Set([serviceId('b'), serviceId('c')])
  assert.deepEqual([...routeKeys(overBudget(three, inForce, 2))], ['a.test / prefix'])
})

test('a service without endpoints costs nothing', () => {
  const away = table([...three.services, service('d')], three.routes)
  assert.deepEqual(overBudget(away, new Set(), 3), [])
})
