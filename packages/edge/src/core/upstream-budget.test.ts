import assert from 'node:assert/strict'
import { test } from 'node:test'
import { routeKey } from '@roadstead/shared/protocol/route-key.ts'
import type { TableRoute } from '@roadstead/shared/protocol/table.ts'
import { endpoint, plainTable, route, service, serviceId, table } from '../testing/tables.ts'
import { overBudget, tellRefused, TOO_MANY, UPSTREAMS_MAX } from './upstream-budget.ts'

const names = ['a', 'b', 'c']
const three = table(
  names.map((name, at) => service(name, endpoint(at + 1))),
  names.map((name) => route(`${name}.test`, name)),
)

const asTooMany = (it: TableRoute) => ({ route: it, reason: TOO_MANY })

test('within the budget nothing is refused', () => {
  assert.deepEqual(overBudget(three, new Set(), 3), [])
})

test('a newcomer is refused, and never an incumbent', () => {
  const inForce = new Set([serviceId('b'), serviceId('c')])
  assert.deepEqual(overBudget(three, inForce, 2).map(routeKey), ['a.test prefix /'])
})

test('a service without endpoints costs nothing', () => {
  const away = table([...three.services, service('d')], three.routes)
  assert.deepEqual(overBudget(away, new Set(), 3), [])
})

test('what is refused is told with its containers and the limit, and since when it is', () => {
  const refused = overBudget(three, new Set(), 2).map(asTooMany)
  const first = tellRefused(three, refused, new Map(), 'then')
  const [[key, entry] = ['', undefined], ...others] = [...first]
  assert.deepEqual([key, others], ['c.test prefix /', []])
  assert.deepEqual(entry?.containers, [endpoint(3).container])
  assert.ok(entry.reason.includes(String(UPSTREAMS_MAX)))
  assert.deepEqual(tellRefused(three, refused, first, 'now'), first)
})

test('of very many refused routes the first are told', () => {
  const many = plainTable(200)
  assert.equal(tellRefused(many, many.routes.map(asTooMany), new Map(), 'now').size, 50)
})
