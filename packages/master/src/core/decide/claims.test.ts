import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sha256 } from '@roadstead/bus/sha256.ts'
import { HostId } from '@roadstead/shared/kernel/ids.ts'
import type { Container } from '@roadstead/shared/protocol/container.ts'
import { decisionKey } from '@roadstead/shared/protocol/decision.ts'
import { exampleContainer, exampleSnapshot, exampleStamp } from '../examples.ts'
import { foldAll } from '../graph/fold.ts'
import { type Claim, emptyGraph, type Graph } from '../graph/graph.ts'
import { deriveAll } from '../routes/derive.ts'
import { defaultPolicy, type Policy } from '../routes/policy.ts'
import type { RouteTable } from '../routes/table.ts'
import { ruleOnClaims, type Unasked } from './claims.ts'

const KEY = 'a.example prefix /'

/** One host, judged every second. */
class Host {
  graph: Graph = emptyGraph
  unasked: Unasked = new Map()
  nowMs = 0
  settled = true
  policy: Policy = defaultPolicy
  writes = 0
  #seq = 0

  has(...containers: readonly Container[]): this {
    this.#seq += 1
    const snapshot = exampleSnapshot(exampleStamp('alpha', this.#seq), containers)
    this.graph = foldAll(this.graph, [snapshot]).graph
    this.judge()
    return this
  }

  pass(seconds: number): this {
    for (let second = 0; second < seconds; second += 1) {
      this.nowMs += 1_000
      this.judge()
    }
    return this
  }

  get table(): RouteTable {
    return deriveAll(this.graph, { policy: this.policy, digest: sha256 }).table
  }

  get claim(): Claim | undefined {
    return this.graph.claims.get(KEY)
  }

  /** Whose the route is, and who serves it. */
  get route(): string | undefined {
    const route = this.table.routes.get(KEY)
    const names = route?.endpoints.map(({ containerName }) => containerName).join(' ')
    return route && `${route.service}: ${names}`
  }

  judge(): void {
    const { graph, nowMs, settled, table, unasked } = this
    const routes = [...table.routes.keys(), ...graph.claims.keys()]
    const since = String(nowMs)
    const facts = { graph, table, routes, unasked, settled, nowMs, since }
    const ruling = ruleOnClaims({ ...facts, policy: this.policy })
    const changes = [
      ...ruling.write.map((claim) => ({ claim, decision: claim })),
      ...ruling.drop.map((claim) => ({ claim, decision: undefined })),
    ].map(({ claim, decision }) => {
      return { kind: 'decision' as const, key: decisionKey(claim, sha256), decision }
    })
    this.unasked = ruling.unasked
    this.graph = foldAll(graph, changes).graph
    this.writes += changes.length
  }
}

function asking(number: number, service: string, more: Record<string, string> = {}): Container {
  const labels = { 'roadstead.host': 'a.example', 'roadstead.service': service, ...more }
  return exampleContainer(number, { labels })
}

test("a name outlives its last container by ten seconds, as nobody's, and then is free", () => {
  const host = new Host()
    .has(asking(1, 'shop'))
    .has()
    .pass(defaultPolicy.keptMs / 1_000 - 1)
  assert.equal(host.route, 'shop: ')
  host.pass(1)
  assert.deepEqual([host.route, host.unasked.size], [undefined, 1])
  host.pass(1)
  assert.equal(host.unasked.size, 0)
})

test('a successor of the same service finds its name, and nobody who waited has it meanwhile', () => {
  const host = new Host().has(asking(1, 'shop'), asking(2, 'stranger')).has(asking(2, 'stranger'))
  assert.equal(host.pass(5).route, 'shop: ')
  host.has(asking(2, 'stranger'), asking(3, 'shop')).pass(20)
  assert.equal(host.route, 'shop: c3')
})

test('after ten seconds whoever waited for the name has it', () => {
  const host = new Host()
    .has(asking(1, 'shop'), asking(2, 'other'))
    .has(asking(2, 'other'))
    .pass(12)
  assert.deepEqual([host.route, host.claim?.service], ['other: c2', 'other'])
})

test('a container that is renamed is no stranger, also when it is not the first of its service', () => {
  const named = (number: number, name: string): Container =>
    exampleContainer(number, { name, labels: { 'roadstead.host': 'a.example' } })
  const host = new Host().has(named(1, 'web')).has(named(2, 'web')).has(named(2, 'shop'))
  assert.deepEqual([host.route, host.claim?.service], ['shop: shop', 'shop'])
  host.has(named(3, 'web')).pass(5)
  assert.equal(host.route, 'shop: ', 'another of the old name is a stranger')
})

test('a service that comes and goes counts from its last going', () => {
  const host = new Host().has(asking(1, 'shop'))
  for (let round = 0; round < 3; round += 1) host.has().pass(6).has(asking(1, 'shop')).pass(6)
  assert.equal(host.has().pass(9).route, 'shop: ')
})

test('while the graph still fills nobody is gone, and it is counted from when it is full', () => {
  const host = new Host().has(asking(1, 'shop'))
  host.settled = false
  host.has().pass(60)
  host.settled = true
  assert.equal(host.pass(9).route, 'shop: ')
  assert.equal(host.pass(2).route, undefined)
})

test('a new leader counts anew', () => {
  const host = new Host().has(asking(1, 'shop')).has().pass(8)
  host.unasked = new Map()
  assert.equal(host.pass(8).route, 'shop: ')
  assert.equal(host.pass(4).route, undefined)
})

test('a claim repeats what its route needs when nobody is left, and follows the labels', () => {
  const strip = { 'roadstead.http.default.strip-prefix': 'true' }
  const host = new Host().has(asking(1, 'shop', { 'roadstead.hold': '3s', ...strip }))
  const { since } = host.claim ?? {}
  assert.deepEqual([host.claim?.holdMs, host.claim?.stripPrefix], [3_000, true])
  host.pass(1).has(asking(2, 'shop', { 'roadstead.hold': '5s' }))
  assert.deepEqual([host.claim?.holdMs, host.claim?.since], [5_000, since])
  assert.equal(host.claim?.stripPrefix, undefined)
  const { writes } = host
  assert.equal(host.pass(5).writes, writes, 'nothing is written twice')
  const [pool] = host.has().table.services.values()
  assert.deepEqual(pool?.pools[0]?.holdMs, 5_000)
})

test('a claim remembers settings, and is written anew when the holder changes them', () => {
  const labels = {
    'roadstead.http.default.allow': '10.0.0.0/8',
    'roadstead.http.default.priority': '5',
    'roadstead.http.default.canary': 'next 10%',
  }
  const host = new Host().has(asking(1, 'shop', labels))
  const { settings, priority, canary } = host.claim ?? {}
  assert.deepEqual(settings, { allow: ['10.0.0.0/8'] })
  assert.deepEqual([priority, canary], [5, { percent: 10, service: 'next' }])
  const { writes } = host
  assert.equal(host.pass(5).writes, writes, 'nothing is written twice')
  host.has().pass(2)
  assert.deepEqual(host.table.routes.get(KEY)?.settings, settings, 'nobody comes in meanwhile')
  host.has(asking(2, 'shop'))
  assert.deepEqual([host.claim?.settings, host.claim?.priority], [undefined, undefined])
})

const granted = (host: string, projects?: readonly string[]): Policy => ({
  ...defaultPolicy,
  claims: {
    kind: 'granted',
    grants: [
      { hosts: [HostId.parse(host)], domains: ['a.example'], ...(projects && { projects }) },
    ],
  },
})

test('a claim of somebody who may not hold the name is dropped at once, whoever still asks', () => {
  const host = new Host().has(asking(1, 'shop'))
  assert.equal(host.claim?.service, 'shop')
  host.policy = granted('elsewhere')
  host.settled = false
  assert.equal(host.pass(1).claim, undefined)
  assert.equal(host.route, undefined)
})

test('a claim passes at once to whoever may hold the name, and remembers the project', () => {
  const shop = { ...asking(2, 'shop'), project: 'shop' }
  const host = new Host().has(asking(1, 'thief'), shop)
  assert.equal(host.claim?.service, 'thief')
  host.policy = granted('alpha', ['shop'])
  host.settled = false
  host.pass(1)
  assert.deepEqual([host.claim?.service, host.claim?.project], ['shop', 'shop'])
  host.settled = true
  assert.equal(host.has().route, 'shop: ', 'the name is kept for the project')
})

test('a name is kept as long as the policy says', () => {
  const host = new Host().has(asking(1, 'shop'))
  host.policy = { ...defaultPolicy, keptMs: 20_000 }
  assert.equal(host.has().pass(19).route, 'shop: ')
  assert.equal(host.pass(2).route, undefined)
})
