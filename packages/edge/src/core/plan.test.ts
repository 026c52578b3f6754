import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sha256 } from '@roadstead/bus/sha256.ts'
import { endpoint, route, service, table } from '../testing/tables.ts'
import { render } from './nginx/render.ts'
import { plainView } from './own-view.ts'
import { plan } from './plan.ts'
import { endpointKey, type EdgeTable } from './table.ts'

const settings = { listen: '127.0.0.1:8080', port: 8080, tier: 'reload', digest: sha256 } as const
const draw = (it: EdgeTable, leftOut: readonly string[] = []) =>
  render(it, { ...plainView, leftOut: new Set(leftOut) }, settings)

const shop = service('shop', endpoint(1), endpoint(2))
const blog = service('blog', endpoint(3))
const routes = [route('shop.test', 'shop'), route('blog.test', 'blog')]
const base = table([shop, blog], routes)
const firstShop = endpointKey(shop.id, endpoint(1))

const none = { kind: 'none' }
const adds = { kind: 'reload', removes: false, live: undefined }
const removes = { kind: 'reload', removes: true, live: undefined }

const cases = [
  ['the same table', draw(base), none],
  ['the same in another order', draw(table([blog, shop], routes.toReversed())), none],
  [
    'another container at the same address',
    draw(table([shop, { ...blog, endpoints: [{ ...endpoint(9), port: 3 }] }], routes)),
    none,
  ],
  ['a new domain', draw(table([shop, blog], [...routes, route('new.test', 'blog')])), adds],
  ['a new endpoint', draw(table([shop, service('blog', endpoint(3), endpoint(4))], routes)), adds],
  ['an endpoint less', draw(table([service('shop', endpoint(1)), blog], routes)), removes],
  ['an endpoint replaced', draw(table([shop, service('blog', endpoint(4))], routes)), removes],
  ['the last endpoint gone', draw(table([shop, service('blog')], routes)), removes],
  ['a domain less', draw(table([shop, blog], routes.slice(1))), removes],
  [
    'a domain that leads elsewhere',
    draw(table([shop, blog], [route('shop.test', 'blog'), route('blog.test', 'blog')])),
    removes,
  ],
  ['a failing endpoint left out', draw(base, [firstShop]), removes],
] as const

for (const [name, next, expected] of cases) {
  test(`plan: ${name}`, () => assert.deepEqual(plan(draw(base), next), expected))
}

test('plan: when it is not known what runs, everything is brought in force', () => {
  assert.deepEqual(plan(undefined, draw(base)), removes)
})

test('plan: a failing endpoint that comes back is an addition', () => {
  assert.deepEqual(plan(draw(base, [firstShop]), draw(base)), adds)
})

const inLive = (it: EdgeTable, leftOut: readonly string[] = []) =>
  render(it, { ...plainView, leftOut: new Set(leftOut) }, { ...settings, tier: 'live' })
const set = (name: string, value: string) => ({ kind: 'set', key: `s:${service(name).id}`, value })
const lead = (domain: string, name: string) => ({
  kind: 'set',
  key: `d:${domain}`,
  value: `^ / ${service(name).id}`,
})
const forget = (key: string) => ({ kind: 'delete', key })
const stripped = route('shop.test/api', 'shop', { stripPrefix: true })
const withText = table([shop, blog], [...routes, stripped])

const pushes = [
  ['the same table', base, []],
  [
    'a new domain',
    table([shop, blog, service('new', endpoint(9))], [...routes, route('new.test', 'new')]),
    [set('new', '127.0.0.1:9'), lead('new.test', 'new')],
  ],
  [
    'a domain gone with its service',
    table([blog], [route('blog.test', 'blog')]),
    [forget('d:shop.test'), forget(`s:${shop.id}`)],
  ],
  [
    'a domain that leads elsewhere',
    table([shop, blog], [route('shop.test', 'blog'), route('blog.test', 'blog')]),
    [lead('shop.test', 'blog')],
  ],
  [
    'a path of a plain domain',
    table([shop, blog], [...routes, route('blog.test/api', 'shop')]),
    [{ ...lead('blog.test', 'blog'), value: `^ /api ${shop.id} ^ / ${blog.id}` }],
  ],
  [
    'an endpoint more',
    table([shop, service('blog', endpoint(3), endpoint(4))], routes),
    [set('blog', '127.0.0.1:3 127.0.0.1:4')],
  ],
  [
    'an endpoint less',
    table([service('shop', endpoint(1)), blog], routes),
    [set('shop', '127.0.0.1:1')],
  ],
  ['the last endpoint gone', table([shop, service('blog')], routes), [set('blog', '')]],
  [
    'another weight',
    table([shop, service('blog', { ...endpoint(3), weight: 7 })], routes),
    [set('blog', '127.0.0.1:3,w=7')],
  ],
  [
    'another balance',
    table([{ ...shop, balance: 'sticky' }, blog], routes),
    [set('shop', 'b=ip 127.0.0.1:1 127.0.0.1:2')],
  ],
] as const

for (const [name, next, steps] of pushes) {
  test(`plan in the live tier: ${name} is no reload`, () => {
    const expected = steps.length === 0 ? none : { kind: 'push', steps }
    assert.deepEqual(plan(inLive(base), inLive(next)), expected)
  })
}

test('plan in the live tier: a failing endpoint leaves by a push and comes back by one', () => {
  const without = { kind: 'push', steps: [set('shop', '127.0.0.1:2')] }
  assert.deepEqual(plan(inLive(base), inLive(base, [firstShop])), without)
  assert.equal(plan(inLive(base, [firstShop]), inLive(base)).kind, 'push')
})

test('plan in the live tier: a route with a setting of its own is a reload, then its entry goes', () => {
  const found = plan(inLive(base), inLive(withText))
  assert.ok(found.kind === 'reload' && found.live !== undefined)
  assert.equal(found.removes, false)
  assert.deepEqual(found.live.before, [])
  assert.deepEqual(found.live.after, [forget('d:shop.test')])
})

test('plan in the live tier: such a route gone is a reload, after its entry is there', () => {
  const found = plan(inLive(withText), inLive(base))
  assert.ok(found.kind === 'reload' && found.live !== undefined)
  assert.equal(found.removes, true)
  assert.deepEqual(found.live.before, [lead('shop.test', 'shop')])
  assert.deepEqual(found.live.after, [])
})

test('plan in the live tier: endpoints of such a route are pushed', () => {
  const other = table([service('shop', endpoint(1), endpoint(8)), blog], withText.routes)
  const steps = [set('shop', '127.0.0.1:1 127.0.0.1:8')]
  assert.deepEqual(plan(inLive(withText), inLive(other)), { kind: 'push', steps })
})

test('plan in the live tier: when it is not known what runs, all of it is brought in force', () => {
  assert.deepEqual(plan(undefined, inLive(base)), removes)
})
