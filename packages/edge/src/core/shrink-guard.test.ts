import assert from 'node:assert/strict'
import { test } from 'node:test'
import { endpoint, route, service, table } from '../testing/tables.ts'
import { SHRINK_HOLD_MS, shrinkGuard } from './shrink-guard.ts'
import { type EdgeTable, emptyTable } from './table.ts'

const HOSTS = ['alpha', 'beta', 'gamma', 'delta'] as const
const names = Array.from({ length: 12 }, (_, at) => `s${at}`)

/** Twelve services with a route each; their endpoints take turns over four hosts. */
const full = tableOf(names)

function tableOf(kept: readonly string[]): EdgeTable {
  return table(
    kept.map((name) => {
      const at = names.indexOf(name)
      return service(name, endpoint(at + 1, HOSTS[at % HOSTS.length]))
    }),
    kept.map((name) => route(`${name}.test`, name)),
  )
}

function on(...hosts: readonly string[]): readonly string[] {
  return names.filter((_, at) => hosts.includes(HOSTS[at % HOSTS.length] ?? ''))
}

const cases = [
  ['nothing lost passes', full, [], 'pass'],
  ['a few routes may go by silence', tableOf(names.slice(3)), [], 'pass'],
  ['more than 30 % of the routes wait', tableOf(names.slice(4)), [], 'hold'],
  ['the same by evidence passes', tableOf(names.slice(4)), HOSTS, 'pass'],
  ['all by evidence passes', emptyTable, HOSTS, 'pass'],
  ['all by silence is held', emptyTable, [], 'hold'],
  [
    'a silent quarter passes',
    tableOf(on('beta', 'gamma', 'delta')),
    ['beta', 'gamma', 'delta'],
    'pass',
  ],
  ['a silent half waits', tableOf(on('gamma', 'delta')), ['gamma', 'delta'], 'hold'],
  [
    'what witnesses took away does not count',
    tableOf(on('delta')),
    ['alpha', 'beta', 'gamma'],
    'pass',
  ],
] as const

for (const [name, offered, witnesses, expected] of cases) {
  test(name, () => {
    const offer = { table: offered, witnesses: new Set<string>(witnesses), force: false }
    assert.equal(shrinkGuard(full, offer, 0, undefined).kind, expected)
  })
}

test('endpoints count also where their routes stay', () => {
  const many = table(
    [service('s', ...[1, 2, 3, 4].map((port) => endpoint(port)))],
    [route('s.test', 's')],
  )
  const fewer = table([service('s', endpoint(1))], [route('s.test', 's')])
  const offer = { table: fewer, witnesses: new Set<string>(), force: false }
  const shrink = shrinkGuard(many, offer, 0, undefined)
  assert.deepEqual(shrink, {
    kind: 'hold',
    routesLost: 0,
    endpointsLost: 3,
    untilMs: SHRINK_HOLD_MS,
  })
  assert.equal(shrinkGuard(fewer, { ...offer, table: many }, 0, undefined).kind, 'pass')
})

test('a held table passes when its time is over, counted from the first one', () => {
  const offer = { table: tableOf(names.slice(6)), witnesses: new Set<string>(), force: false }
  assert.equal(shrinkGuard(full, offer, SHRINK_HOLD_MS - 1, 0).kind, 'hold')
  assert.equal(shrinkGuard(full, offer, SHRINK_HOLD_MS, 0).kind, 'pass')
})

test('an empty table without evidence passes by force only, however long it waits', () => {
  const offer = { table: emptyTable, witnesses: new Set<string>(), force: false }
  const shrink = shrinkGuard(full, offer, 100 * SHRINK_HOLD_MS, 0)
  assert.equal(shrink.kind === 'hold' && shrink.untilMs, Number.POSITIVE_INFINITY)
  assert.equal(shrinkGuard(full, { ...offer, force: true }, 0, undefined).kind, 'pass')
})

test('a route to a service that nobody serves is no loss', () => {
  const away = table([service('s')], [route('s.test', 's')])
  const offer = { table: emptyTable, witnesses: new Set<string>(), force: false }
  assert.equal(shrinkGuard(away, offer, 0, undefined).kind, 'pass')
})
