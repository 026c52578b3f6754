import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { seededRandom } from '@roadstead/shared/kernel/random.ts'
import { fleetOf } from './fleet.ts'
import { type Action, type Condition, DEEDS, Mix } from './mix.ts'

const sizes = fc.record({
  hosts: fc.integer({ min: 1, max: 12 }),
  containers: fc.integer({ min: 1, max: 12 }),
})
const seeds = fc.nat()

test('a seed repeats what happens to whom', () => {
  fc.assert(
    fc.property(sizes, seeds, (size, seed) => {
      assert.deepEqual(played(size, seed, 100), played(size, seed, 100))
    }),
    { numRuns: 50 },
  )
})

test('what ended is started, what is unwell is healed, and all else happens to who serves', () => {
  fc.assert(
    fc.property(sizes, seeds, (size, seed) => {
      const condition = new Map<string, Condition>()
      for (const { container, deed } of played(size, seed, 300)) {
        const before = condition.get(container.name) ?? 'serving'
        if (deed === 'start') assert.equal(before, 'ended')
        else if (deed === 'heal') assert.equal(before, 'unwell')
        else assert.equal(before, 'serving')
        if (deed === 'sicken') assert.ok(container.hasCheck)
        if (deed === 'sicken') condition.set(container.name, 'unwell')
        else if (deed === 'stop' || deed === 'crash') condition.set(container.name, 'ended')
        else condition.set(container.name, 'serving')
      }
    }),
    { numRuns: 50 },
  )
})

test('most of a fleet serves at any time, and whoever was touched is left alone for a while', () => {
  const mix = new Mix(containersOf({ hosts: 20, containers: 50 }), seededRandom(5))
  const touchedAt = new Map<string, number>()
  const away = new Set<string>()
  for (let at = 0; at < 5_000; at += 1) {
    const action = mix.next()
    if (action === undefined) continue
    const { name } = action.container
    assert.ok(at - (touchedAt.get(name) ?? -200) >= 200, name)
    touchedAt.set(name, at)
    if (mix.conditionOf(action.container) === 'serving') away.delete(name)
    else away.add(name)
    assert.ok(away.size <= 100, `${away.size} of 1000`)
  }
})

test('everything happens, and deploys most', () => {
  const actions = played({ hosts: 20, containers: 50 }, 1, 5_000)
  const share = (deed: Action['deed']): number =>
    actions.filter((it) => it.deed === deed).length / actions.length
  for (const deed of DEEDS) assert.ok(share(deed) > 0.02, `${deed} ${share(deed)}`)
  assert.ok(share('restart') > 0.4 && share('restart') < 0.7, `${share('restart')}`)
})

test('a fleet of one is not left alone for ever', () => {
  assert.ok(played({ hosts: 1, containers: 1 }, 9, 100).length > 50)
})

function played(size: { hosts: number; containers: number }, seed: number, count: number) {
  const mix = new Mix(containersOf(size), seededRandom(seed))
  return Array.from({ length: count }, () => mix.next()).filter((it) => it !== undefined)
}

function containersOf(size: { hosts: number; containers: number }) {
  return fleetOf(size, { kind: 'loopback', firstOctet: 130 }).flatMap(
    ({ containers }) => containers,
  )
}
