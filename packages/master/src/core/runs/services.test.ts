import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ServiceKey } from '@roadstead/shared/protocol/route.ts'
import { exampleContainer } from '../examples.ts'
import { ask, askUntilGo, lines } from './ask-on-trial.ts'
import { HOST } from './edge-on-trial.ts'
import { WorldOnTrial } from './world-on-trial.ts'

/**
 * `a` is served by 1 and 2, `z` by 1 and 3. No label makes a container serve two services today, but
 * nothing else in the table rules it out, so the first one is put into the second by hand.
 */
class TwoServices extends WorldOnTrial {
  constructor() {
    super({ containers: 2 }, { labels: labelsOf('a') })
    this.see(exampleContainer(3, { labels: labelsOf('z') }))
    this.pass(500)
  }

  override get derived() {
    const derived = super.derived
    const { table, verdicts } = derived
    const own = new Map(verdicts.get(HOST))
    for (const [id, container] of this.graph.hosts.get(HOST)?.containers ?? []) {
      const [verdict] = own.get(id) ?? []
      const isBoth = verdict !== undefined && BOTH.has(container.name)
      if (isBoth) own.set(id, [verdict, { ...verdict, service: 'z', domain: 'z.example.com' }])
    }
    const services = new Map(table.services)
    const [a, z] = ['a', 'z'].map((key) => services.get(ServiceKey.parse(key)))
    const shared = a?.pools
      .flatMap(({ endpoints }) => endpoints)
      .filter(({ containerName }) => BOTH.has(containerName))
    const [pool] = z?.pools ?? []
    if (z !== undefined && pool !== undefined && shared !== undefined) {
      const endpoints = [...shared, ...pool.endpoints]
      services.set(z.key, { ...z, pools: [{ ...pool, endpoints }] })
    }
    return { ...derived, table: { ...table, services }, verdicts: new Map([[HOST, own]]) }
  }
}

const BOTH: ReadonlySet<string> = new Set(['c1', 'c10'])

function labelsOf(service: string): Record<string, string> {
  return { 'roadstead.host': `${service}.example.com`, 'roadstead.service': service }
}

test('a container of two services is guarded by both when it is let go', () => {
  const world = new TwoServices()
  for (const number of [1, 2, 3]) world.letGo(ask(number))
  assert.equal(askUntilGo(world, 1).kind, 'go')
  for (const number of [2, 3]) {
    const held = askUntilGo(world, number, 1_500)
    assert.ok(held.kind === 'wait' && /until alpha\/c1 is replaced/.test(held.why), held.kind)
  }
  world.gone(1)
  world.letGo(ask(1, { phase: 'over', leftMs: 0 }))
  world.see(exampleContainer(9, { labels: labelsOf('a') }))
  assert.equal(askUntilGo(world, 2, 1_500).kind, 'wait', 'its other service has no successor yet')
  assert.equal(askUntilGo(world, 3, 1_500).kind, 'wait')
  world.see(exampleContainer(16, { name: 'c10', labels: labelsOf('a') }))
  assert.equal(askUntilGo(world, 2, 2_000).kind, 'go')
  assert.equal(askUntilGo(world, 3, 2_000).kind, 'go')
})

test('a container of two services is restarted when no other member of either is at it', () => {
  const world = new TwoServices()
  const [first, second] = ['c3', 'c1'].map((container) =>
    world.begin({ verb: 'restart', container, why: '' }),
  )
  world.pass(6_000)
  assert.ok(first !== undefined && second !== undefined)
  assert.deepEqual([world.run(first.id).state, world.run(second.id).state], ['done', 'done'])
  assert.match(lines(world.run(second.id)), /alpha\/c1 waits until alpha\/c3 is replaced/)
})

test('a rollout waits for whoever serves one of its services in another run', () => {
  const world = new TwoServices()
  const restart = world.begin({ verb: 'restart', container: 'c3', why: '' })
  const rollout = world.begin({ verb: 'rollout', service: 'a', atOnce: 2, why: '' })
  assert.equal(rollout.members.length, 2)
  world.pass(10_000)
  assert.equal(world.run(restart.id).state, 'done')
  assert.equal(world.run(rollout.id).state, 'done', lines(world.run(rollout.id)))
  const told = lines(world.run(rollout.id)).match(/c1 waits until alpha\/c3 is replaced/g)
  assert.equal(told?.length, 1)
})

test('a container that is the only one of one of its services is said to be so', () => {
  const world = new TwoServices()
  world.gone(3)
  world.pass(500)
  const { id } = world.begin({ verb: 'restart', container: 'c1', why: '' })
  world.pass(3_000)
  assert.match(lines(world.run(id)), /alpha\/c1 is the only one of z: until it is back/)
})
