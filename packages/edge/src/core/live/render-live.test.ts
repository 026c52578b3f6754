import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { routeKey } from '@roadstead/shared/protocol/route-key.ts'
import { arbitraryTable } from '../../testing/arbitrary.ts'
import { arbitraryPath } from '../../testing/arbitrary-places.ts'
import { aVisitor, endpoint, route, service, table } from '../../testing/tables.ts'
import { matchRoute } from '../nginx/match-path.ts'
import { plainView } from '../own-view.ts'
import { type EdgeTable, endpointKey } from '../table.ts'
import { allEntries, entryOf } from './entries.ts'
import { renderLive } from './render-live.ts'

/** A table, and a view in which some of its routes and endpoints are missing. */
const seen = arbitraryTable.chain((it) =>
  fc
    .record({
      leftOut: fc.subarray(
        it.services.flatMap(({ id, endpoints }) => endpoints.map((one) => endpointKey(id, one))),
      ),
      excluded: fc.subarray(it.routes.map(routeKey)),
    })
    .map(({ leftOut, excluded }) => ({
      table: it,
      view: { ...plainView, leftOut: new Set(leftOut), excluded: new Set(excluded) },
    })),
)

test('a rendering that builds on another one is the one made from nothing', () => {
  fc.assert(
    fc.property(fc.array(seen, { minLength: 2, maxLength: 5 }), (steps) => {
      let before: ReturnType<typeof renderLive> | undefined
      for (const step of steps) {
        const next = renderLive(step.table, step.view, before)
        const anew = renderLive(step.table, step.view)
        assert.deepEqual(new Map(allEntries(next.entries)), new Map(allEntries(anew.entries)))
        assert.deepEqual([...next.sites], [...anew.sites])
        before = next
      }
    }),
  )
})

test('every route is an entry or is text, never both, and services are entries but those of streams', () => {
  fc.assert(
    fc.property(seen, ({ table: it, view }) => {
      const { entries, sites } = renderLive(it, view)
      for (const { id, protocol } of it.services) {
        assert.equal(entryOf(entries, `s:${id}`) === undefined, protocol !== undefined)
      }
      for (const one of it.routes.filter((other) => !view.excluded.has(routeKey(other)))) {
        assert.notEqual(entryOf(entries, `d:${one.domain}`) !== undefined, sites.has(one.domain))
      }
    }),
  )
})

/** The first match of an entry, as nginx reads it. */
function firstMatch(value: string, path: string): string | undefined {
  const words = value.split(' ')
  for (let at = 0; at + 2 < words.length; at += 3) {
    const [match, prefix = '', id] = words.slice(at, at + 3)
    const below = prefix.endsWith('/') ? prefix : `${prefix}/`
    if (path === prefix || (match === '^' && path.startsWith(below))) return id
  }
  return undefined
}

test('the first triple that matches leads where the routes say', () => {
  fc.assert(
    fc.property(arbitraryTable, fc.array(arbitraryPath), (it, paths) => {
      for (const [key, value] of allEntries(renderLive(it, plainView).entries)) {
        if (!key.startsWith('d:')) continue
        const routes = it.routes.filter(({ domain }) => `d:${domain}` === key)
        for (const path of [...paths, ...routes.map((one) => one.path)]) {
          assert.equal(firstMatch(value, path), matchRoute(routes, path, aVisitor)?.service)
        }
      }
    }),
  )
})

const shop = (more = {}): EdgeTable =>
  table(
    [
      {
        ...service(
          'shop',
          { ...endpoint(2), weight: 3 },
          { ...endpoint(1), backup: true },
          endpoint(80, 'alpha', 'fd00::7'),
        ),
        ...more,
      },
    ],
    [route('shop.test', 'shop'), route('shop.test/api', 'shop', { match: 'exact' })],
  )
const key = `s:${service('shop').id}`

const settings = [
  ['no settings', {}, '127.0.0.1:1,b 127.0.0.1:2,w=3 [fd00::7]:80'],
  ['least-conn', { balance: 'least-conn' }, 'b=lc 127.0.0.1:1,b 127.0.0.1:2,w=3 [fd00::7]:80'],
  [
    'sticky with times',
    { balance: 'sticky', holdMs: 5, connectTimeoutMs: 6, readTimeoutMs: 700 },
    'b=ip h=5 c=6 r=700 127.0.0.1:1,b 127.0.0.1:2,w=3 [fd00::7]:80',
  ],
  ['nobody, and a wait for somebody', { endpoints: [], holdMs: 5_000 }, 'h=5000'],
  ['nobody', { endpoints: [] }, ''],
] as const

for (const [name, more, value] of settings) {
  test(`the entry of a service with ${name}`, () => {
    assert.equal(entryOf(renderLive(shop(more), plainView).entries, key), value)
  })
}

test('while one endpoint starts slowly, the shares of all are counted in quarters', () => {
  const it = shop({ slowStartMs: 10_000 })
  const { id } = service('shop')
  const quarters = new Map([[endpointKey(id, endpoint(80, 'alpha', 'fd00::7')), 1]])
  const { entries } = renderLive(it, { ...plainView, quarters })
  assert.equal(entryOf(entries, key), '127.0.0.1:1,w=4,b 127.0.0.1:2,w=12 [fd00::7]:80')
})
