import assert from 'node:assert/strict'
import { test } from 'node:test'
import { PathPattern } from '@roadstead/shared/protocol/route.ts'
import type { RouteCondition } from '@roadstead/shared/protocol/route-settings.ts'
import type { TableRoute } from '@roadstead/shared/protocol/table.ts'
import { aVisitor, route } from '../../testing/tables.ts'
import { matchRoute, type Visitor } from './match-path.ts'

const routes = [
  route('a.test/api', 'api'),
  route('a.test/api/v2', 'v2'),
  route('a.test/api/v2', 'v2-exact', { match: 'exact' }),
  route('a.test/docs/', 'docs'),
  route('a.test/', 'root'),
]

const cases = [
  ['/', 'root'],
  ['/api', 'api'],
  ['/api/', 'api'],
  ['/apix', 'root'],
  ['/api/v1', 'api'],
  ['/api/v2', 'v2-exact'],
  ['/api/v2/', 'v2'],
  ['/api/v2/x', 'v2'],
  ['/api/v20', 'api'],
  ['/docs', 'root'],
  ['/docs/', 'docs'],
  ['/docs/x', 'docs'],
] as const

for (const [path, name] of cases) {
  test(`${path} belongs to ${name}`, () => {
    assert.equal(matchRoute(routes, path, aVisitor)?.service, route('x.test', name).service)
  })
}

test('without a route for all of it, what nobody covers belongs to nobody', () => {
  assert.equal(matchRoute(routes.slice(0, 1), '/other', aVisitor), undefined)
})

const get = [{ kind: 'method', not: false, methods: ['GET' as const] }] satisfies RouteCondition
const inside = [{ kind: 'client', not: false, networks: ['10.0.0.0/8'] }] satisfies RouteCondition
const notBeta = [
  { kind: 'header', not: true, name: 'X-Ring', value: 'beta' },
] satisfies RouteCondition

const both = [...get, ...inside] satisfies RouteCondition

const asked = (method: string, client = '192.0.2.1', ring = ''): Visitor => ({
  method,
  client,
  header: (name) => (name.toLowerCase() === 'x-ring' ? ring : ''),
})

const ranks = [
  [
    'a higher priority goes before all else',
    [{}, { path: PathPattern.parse('/'), priority: 1 }],
    asked('GET'),
    1,
  ],
  ['an exact one before a prefix', [{}, { match: 'exact' }], asked('GET'), 1],
  ['one that asks for more before one that asks for less', [{}, { when: get }], asked('GET'), 1],
  ['what does not fit is passed over', [{ when: get }, {}], asked('POST'), 1],
  ['two tests before one', [{ when: get }, { when: both }], asked('GET', '10.1.1.1'), 1],
  ['all tests must hold', [{ when: get }, { when: both }], asked('GET'), 0],
  [
    'a value is compared without regard to case',
    [{}, { when: notBeta }],
    asked('GET', '', 'Beta'),
    0,
  ],
  ['a header that is not there is not that value', [{}, { when: notBeta }], asked('GET'), 1],
  ['nobody may fit', [{ when: inside }], asked('GET'), undefined],
] satisfies [string, Partial<TableRoute>[], Visitor, number | undefined][]

for (const [name, list, visitor, at] of ranks) {
  test(name, () => {
    const made = list.map((more) => ({ ...route('a.test/api', 's'), ...more }))
    assert.equal(matchRoute(made, '/api', visitor), at === undefined ? undefined : made[at])
  })
}
