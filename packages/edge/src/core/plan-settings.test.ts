import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sha256 } from '@roadstead/bus/sha256.ts'
import { PathPattern } from '@roadstead/shared/protocol/route.ts'
import type { TableRoute, TableService } from '@roadstead/shared/protocol/table.ts'
import { endpoint, route, service, serviceId, table } from '../testing/tables.ts'
import { render } from './nginx/render.ts'
import { plainView } from './own-view.ts'
import { plan } from './plan.ts'

const shop = service('shop', endpoint(1), endpoint(2))
const other = service('other', endpoint(3))
const own = { limit: { requests: 1, per: 'second', burst: 0 }, compress: true } as const
const base: Partial<TableRoute> = { settings: own }

type Tier = 'live' | 'reload'
const draw = (
  tier: Tier,
  more: Partial<TableRoute>,
  as: Partial<TableService> = {},
  users = new Map(),
) =>
  render(
    table([{ ...shop, ...as }, other], [route('shop.test', 'shop', more)]),
    { ...plainView, users },
    { listen: '127.0.0.1:8080', port: 8080, tier, digest: sha256 },
  )

const path = PathPattern.parse('/x')
const changes: readonly [name: string, more: Partial<TableRoute>][] = [
  ['no settings any more', {}],
  ['a condition', { ...base, when: [{ kind: 'method', not: false, methods: ['GET'] }] }],
  ['a canary', { ...base, canary: { service: serviceId('other'), percent: 5 } }],
  ['allow', { settings: { ...own, allow: ['10.0.0.0/8'] } }],
  ['auth', { settings: { ...own, auth: 'team' } }],
  ['users', { settings: { ...own, users: ['ann:x'] } }],
  ['another limit', { settings: { ...own, limit: { ...own.limit, burst: 1 } } }],
  ['a limit of bodies', { settings: { ...own, bodyBytesMax: 2_048 } }],
  ['patience', { settings: { ...own, timeoutMs: 1_000 } }],
  ['buffering', { settings: { ...own, buffering: true } }],
  ['no compression', { settings: { limit: own.limit } }],
  [
    'a header for visitors',
    { settings: { ...own, responseHeaders: [{ name: 'X-A', value: 'b' }] } },
  ],
  ['one taken away', { settings: { ...own, responseHeaders: [{ name: 'X-A', value: '' }] } }],
  [
    'a header for endpoints',
    { settings: { ...own, requestHeaders: [{ name: 'X-A', value: 'b' }] } },
  ],
  ['a redirect', { settings: { ...own, redirect: { status: 301, path } } }],
  ['https', { settings: { ...own, https: 'redirect' } }],
  ['hsts', { settings: { ...own, hsts: { maxAgeS: 1, subdomains: false, preload: false } } }],
  ['a prefix', { settings: { ...own, addPrefix: path } }],
  ['another path', { settings: { ...own, replacePath: path } }],
  ['the own host', { settings: { ...own, ownHost: true } }],
]

for (const tier of ['live', 'reload'] as const) {
  for (const [name, more] of changes) {
    test(`plan in the ${tier} tier: ${name} is a reload, there and back`, () => {
      const [before, after] = [draw(tier, base), draw(tier, more)]
      for (const found of [plan(before, after), plan(after, before)])
        assert.equal(found.kind, 'reload')
    })
  }

  test(`plan in the ${tier} tier: users of an object that change are a reload`, () => {
    const more: Partial<TableRoute> = { settings: { auth: 'team' } }
    const drawn = [undefined, [], ['ann:x'], ['ann:y']].map((users) =>
      draw(tier, more, {}, new Map(users === undefined ? [] : [['team', users]])),
    )
    for (const [at, after] of drawn.entries()) {
      for (const before of drawn.slice(0, at)) assert.equal(plan(before, after).kind, 'reload')
    }
  })

  test(`plan in the ${tier} tier: another way to speak to endpoints is a reload`, () => {
    for (const scheme of ['https', 'grpc', 'grpcs'] as const)
      assert.equal(plan(draw(tier, {}), draw(tier, {}, { scheme })).kind, 'reload')
  })
}

test('plan in the live tier: what is said of endpoints alone is pushed, whatever the route wants', () => {
  const wishes: readonly Partial<TableService>[] = [
    { endpoints: [endpoint(1)] },
    { endpoints: [{ ...endpoint(1), connectionsMax: 3 }, endpoint(2)] },
    { balance: 'sticky', cookie: 'shop' },
    { balance: 'least-conn' },
    { health: { path, intervalMs: 1_000, expect: { from: 200, to: 299 }, graceMs: 0 } },
  ]
  for (const as of wishes) {
    const found = plan(draw('live', base), draw('live', base, as))
    assert.equal(found.kind, 'health' in as ? 'none' : 'push')
  }
})

test('plan: who is to be kept out is kept out without delay, also where all came in by an entry', () => {
  for (const tier of ['live', 'reload'] as const) {
    const closed = draw(tier, { settings: { allow: ['10.0.0.0/8'] } })
    const found = plan(draw(tier, {}), closed)
    assert.ok(found.kind === 'reload' && found.removes)
  }
})
