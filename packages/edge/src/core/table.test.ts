import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { TableSlice } from '@roadstead/shared/protocol/table.ts'
import { arbitraryTable } from '../testing/arbitrary.ts'
import { endpoint, route, service, stream } from '../testing/tables.ts'
import { assemble, type EdgeTable, nothingJoined } from './table.ts'

/** A table in two slices, one of them its first services with their routes. */
function cut(it: EdgeTable, at: number): readonly TableSlice[] {
  return [it.services.slice(0, at), it.services.slice(at)].map((services) => {
    const isHere = ({ service: id }: { readonly service: string }) =>
      services.some((each) => each.id === id)
    const streams = structuredClone(it.streams.filter(isHere))
    return {
      services: structuredClone(services),
      routes: structuredClone(it.routes.filter(isHere)),
      ...(streams.length > 0 && { streams }),
    }
  })
}

const cutTable = fc.tuple(arbitraryTable, fc.nat({ max: 5 })).map(([it, at]) => cut(it, at))

test('what is joined does not depend on what was joined before', () => {
  fc.assert(
    fc.property(fc.array(cutTable, { minLength: 1, maxLength: 5 }), (tables) => {
      let before = nothingJoined
      for (const slices of tables) {
        const joined = assemble(slices, before)
        assert.deepEqual(joined, assemble(slices))
        if (joined.kind === 'table') before = { slices, table: joined.table }
      }
    }),
  )
})

test('what did not change keeps its object, also in a slice that was written anew', () => {
  const shop = service('shop', endpoint(1))
  const blog = service('blog', endpoint(2))
  const routes = [route('shop.test', 'shop'), route('blog.test', 'blog')]
  const first = [{ services: [shop, blog], routes }]
  const joined = assemble(first)
  assert.ok(joined.kind === 'table')
  const second = structuredClone([{ services: [shop, service('blog', endpoint(3))], routes }])
  const again = assemble(second, { slices: first, table: joined.table })
  assert.ok(again.kind === 'table')
  const third = assemble(structuredClone(second), { slices: second, table: again.table })
  assert.ok(third.kind === 'table')
  assert.ok(again.table.services.includes(shop))
  assert.ok(third.table.services.every((it) => again.table.services.includes(it)))
  assert.ok(third.table.routes.every((it) => joined.table.routes.includes(it)))
})

test('a table that contradicts itself is refused, whatever was there before', () => {
  const first = [{ services: [service('shop')], routes: [route('shop.test', 'shop')] }]
  const joined = assemble(first)
  assert.ok(joined.kind === 'table')
  const before = { slices: first, table: joined.table }
  const [slice] = first
  const twice = ['a', 'b'].map((name) => ({
    services: [service(name)],
    routes: [],
    streams: [stream('tcp', 5_432, name)],
  }))
  assert.ok(slice !== undefined)
  for (const slices of [
    [slice, { services: [service('shop')], routes: [] }],
    [slice, { services: [], routes: [route('shop.test', 'shop')] }],
    [slice, { services: [], routes: [route('other.test', 'other')] }],
    [{ services: [], routes: [route('shop.test', 'shop')] }],
    [{ services: [], routes: [], streams: [stream('tcp', 5_432, 'db')] }],
    [slice, ...twice],
  ]) {
    assert.equal(assemble(slices, before).kind, 'inconsistent')
    assert.equal(assemble(slices).kind, 'inconsistent')
  }
})
