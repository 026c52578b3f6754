import assert from 'node:assert/strict'
import { test } from 'node:test'
import { endpoint, route, service, table } from '../testing/tables.ts'
import { render } from './nginx/render.ts'
import { plainView } from './own-view.ts'
import { plan } from './plan.ts'
import { endpointKey, type EdgeTable } from './table.ts'

const settings = { listen: '127.0.0.1:8080', port: 8080, tier: 'reload' } as const
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
