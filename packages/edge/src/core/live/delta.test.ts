import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { arbitraryTable } from '../../testing/arbitrary.ts'
import { readPair } from '../../io/read-pair.ts'
import { Authority } from '../../testing/certificates.ts'
import { endpoint, route, service, table } from '../../testing/tables.ts'
import { plainView } from '../own-view.ts'
import { delta, deltaAroundReload } from './delta.ts'
import { allEntries, changeEntries, entryOf, type EntrySet } from './entries.ts'
import type { LiveEntries, LiveStep } from './live-table.ts'
import { type LiveRendering, renderLive } from './render-live.ts'

const live = (it: Parameters<typeof renderLive>[0]) => renderLive(it, plainView)

/** What nginx holds after each step. */
function states(from: LiveEntries, steps: readonly LiveStep[]): readonly LiveEntries[] {
  const held = new Map(from)
  return steps.map((step) => {
    if (step.kind === 'set') held.set(step.key, step.value)
    else held.delete(step.key)
    return new Map(held)
  })
}

const sorted = (all: LiveEntries) => [...all].sort(([a], [b]) => (a < b ? -1 : 1))

function servicesOf(value: string): readonly string[] {
  return value.split(' ').filter((word) => word.startsWith('u_'))
}

/** No domain leads to a service that is not there. */
function assertWhole(held: LiveEntries, named: readonly string[]): void {
  const led = [...held].flatMap(([key, value]) => (key.startsWith('d:') ? servicesOf(value) : []))
  for (const id of [...led, ...named]) assert.ok(held.has(`s:${id}`), id)
}

const namedBy = ({ sites }: LiveRendering) =>
  [...sites.values()].flat().map((one) => String(one.service))

const everyOf = (set: EntrySet): LiveEntries => new Map(allEntries(set))

test('steps lead from one rendering to the other, and no domain is ever without its service', () => {
  fc.assert(
    fc.property(arbitraryTable, arbitraryTable, (old, young) => {
      const [before, after] = [live(old), live(young)]
      const all = states(everyOf(before.entries), delta(before, after))
      assert.deepEqual(
        sorted(all.at(-1) ?? everyOf(before.entries)),
        sorted(everyOf(after.entries)),
      )
      for (const held of all) assertWhole(held, [])
    }),
  )
})

test('around a reload, whatever the old or the new text leads to is there', () => {
  fc.assert(
    fc.property(arbitraryTable, arbitraryTable, (old, young) => {
      const [before, after] = [live(old), live(young)]
      const around = deltaAroundReload(before, after)
      const first = states(everyOf(before.entries), around.before)
      const between = first.at(-1) ?? everyOf(before.entries)
      assert.deepEqual(sorted(between), sorted(everyOf(around.between)))
      for (const held of first) assertWhole(held, namedBy(before))
      assertWhole(between, [...namedBy(before), ...namedBy(after)])
      const last = states(between, around.after)
      for (const held of last) assertWhole(held, namedBy(after))
      assert.deepEqual(sorted(last.at(-1) ?? between), sorted(everyOf(after.entries)))
    }),
  )
})

const [a, b, c] = [service('a').id, service('b').id, service('c').id]
const at = (port: number, container: number) => ({
  ...endpoint(port),
  container: endpoint(container).container,
})

test('an address that passes to another container leaves its old service first', () => {
  const before = live(table([service('a', at(1, 1)), service('b', at(2, 2))], []))
  const after = live(table([service('a', at(3, 3)), service('b', at(2, 2), at(1, 4))], []))
  assert.deepEqual(delta(before, after)[0], { kind: 'set', key: `s:${a}`, value: '' })
})

test('two services that swap their addresses never have one in common', () => {
  const before = live(table([service('a', at(1, 1)), service('b', at(2, 2))], []))
  const after = live(table([service('a', at(2, 3)), service('b', at(1, 4))], []))
  for (const held of states(everyOf(before.entries), delta(before, after))) {
    const peers = [...held.values()].filter((value) => value !== '')
    assert.equal(new Set(peers).size, peers.length)
  }
})

test('a container whose service has another name now is never without a service', () => {
  const shop = (name: string) => table([service(name, at(1, 1))], [route('shop.test', name)])
  const all = states(everyOf(live(shop('a')).entries), delta(live(shop('a')), live(shop('b'))))
  for (const held of all) {
    const [id = ''] = servicesOf(held.get('d:shop.test') ?? '')
    assert.equal(held.get(`s:${id}`), '127.0.0.1:1')
  }
})

test('around a reload, a container that is gone gets nothing, and one that moved keeps its place', () => {
  const site = (name: string) => route(`${name}.test/api`, name, { stripPrefix: true })
  const before = live(
    table([service('a', at(1, 1)), service('b', at(2, 2))], [site('a'), site('b')]),
  )
  const after = live(table([service('c', at(2, 2))], [site('c')]))
  const { between } = deltaAroundReload(before, after)
  assert.deepEqual(
    sorted(everyOf(between)),
    sorted(
      everyOf(
        changeEntries(after.entries, [
          [`s:${a}`, ''],
          [`s:${b}`, '127.0.0.1:2'],
          [`s:${c}`, '127.0.0.1:2'],
        ]),
      ),
    ),
  )
})

test('nobody is sent to TLS before the text with the certificate runs, or after it has left', () => {
  const authority = new Authority()
  const read = readPair(authority.pair(['shop.test']), { name: 'one', source: 'folder' })
  assert.ok(read.kind === 'read')
  const shop = route('shop.test', 'a', { settings: { https: 'prefer' } })
  const wanted = table([service('a', at(1, 1))], [shop])
  const without = renderLive(wanted, plainView)
  const withIt = renderLive(wanted, { ...plainView, certificates: [read.certificate] })
  const plain = `^ / ${a}`
  const sent = `^,t=r / ${a}`
  const gained = deltaAroundReload(without, withIt)
  assert.deepEqual(gained.before, [])
  assert.equal(entryOf(gained.between, 'd:shop.test'), plain)
  assert.deepEqual(gained.after, [{ kind: 'set', key: 'd:shop.test', value: sent }])
  const lost = deltaAroundReload(withIt, without)
  assert.deepEqual(lost.before, [{ kind: 'set', key: 'd:shop.test', value: plain }])
  assert.deepEqual(lost.after, [])
})
