import assert from 'node:assert/strict'
import { test } from 'node:test'
import { routeKey } from './route-key.ts'
import type { RouteCondition } from './route-settings.ts'

const place = { domain: 'a.example', path: '/', match: 'prefix' }
const get: RouteCondition = [{ kind: 'method', not: false, methods: ['GET'] }]

test('a route is known by its place, and by its condition where it has one', () => {
  assert.equal(routeKey(place), 'a.example prefix /')
  assert.match(routeKey({ ...place, when: get }), /^a\.example prefix \/ [0-9a-f]{8}$/)
  const post: RouteCondition = [{ kind: 'method', not: false, methods: ['POST'] }]
  assert.notEqual(routeKey({ ...place, when: get }), routeKey({ ...place, when: post }))
})

test('one condition has one key, in whatever order its fields were written', () => {
  const other: RouteCondition = [{ methods: ['GET'], not: false, kind: 'method' }]
  assert.equal(routeKey({ ...place, when: get }), routeKey({ ...place, when: other }))
})
