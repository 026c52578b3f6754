import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sha256 } from '@roadstead/bus/sha256.ts'
import { EdgeId, HostId } from '@roadstead/shared/kernel/ids.ts'
import type { Container } from '@roadstead/shared/protocol/container.ts'
import { type Decision, decisionKey } from '@roadstead/shared/protocol/decision.ts'
import { DomainName, PathPattern, ServiceKey } from '@roadstead/shared/protocol/route.ts'
import fc from 'fast-check'
import {
  exampleAttachment,
  exampleContainer,
  exampleGone,
  exampleId,
  exampleSeen,
  exampleSnapshot,
  exampleStamp,
} from '../examples.ts'
import { mergeChanges, noChange } from '../graph/change.ts'
import { fold, type FoldInput } from '../graph/fold.ts'
import { emptyGraph, type Graph } from '../graph/graph.ts'
import type { DeriveSettings } from './ask.ts'
import { type Derived, deriveChange, nothingDerived } from './derive-change.ts'
import { deriveAll } from './derive.ts'
import type { Derivation } from './derived.ts'
import { changeEdgeTable, type EdgeTable, tableForEdge } from './edge-table.ts'
import { changeEncoded, type EncodedTable, encodeTable } from './encode.ts'
import { defaultPolicy } from './policy.ts'

/**
 * Histories over few hosts, containers, names and services, so that they meet all the time; with
 * budgets so small that they are exceeded all the time too.
 */
const settings: DeriveSettings = {
  policy: {
    ...defaultPolicy,
    limits: {
      ...defaultPolicy.limits,
      routesPerHostMax: 5,
      routesMax: 6,
      endpointsPerServiceMax: 2,
    },
  },
  digest: sha256,
}

const HOSTS = ['alpha', 'beta', 'gamma'].map((name) => HostId.parse(name))
const DOMAINS = ['a.example', 'b.example', 'c.example', 'd.example'].map((it) =>
  DomainName.parse(it),
)
const PATHS = ['/', '/api'].map((path) => PathPattern.parse(path))
const SERVICES = ['one', 'two', 'shop/web'].map((key) => ServiceKey.parse(key))

const host = fc.constantFrom(...HOSTS)
const domain = fc.constantFrom(...DOMAINS)
const path = fc.constantFrom(...PATHS)
const service = fc.constantFrom(...SERVICES)
const id = fc.integer({ min: 1, max: 6 })

/** Mostly there, or mostly not. */
const often = <Value>(value: fc.Arbitrary<Value>) => fc.option(value, { nil: undefined, freq: 5 })
const seldom = <Value>(value: fc.Arbitrary<Value>) =>
  fc.oneof({ weight: 8, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: value })

const labels = fc
  .record({
    'roadstead.host': often(
      fc.array(domain, { minLength: 1, maxLength: 3 }).map((names) => names.join(',')),
    ),
    'roadstead.service': often(service),
    'roadstead.path': seldom(path),
    'roadstead.hold': seldom(fc.constantFrom('0s', '500ms', '10s', 'long')),
    'roadstead.slow-start': seldom(fc.constantFrom('1s', '2m')),
    'roadstead.enable': seldom(fc.constantFrom('true', 'false')),
    'roadstead.http.x.host': seldom(domain),
    'roadstead.http.x.port': seldom(fc.constantFrom('80', '81', 'x')),
    'roadstead.http.x.strip-prefix': seldom(fc.constantFrom('true', 'false')),
    'roadstead.hots': seldom(fc.constant('typo')),
  })
  .map((all) =>
    Object.entries(all).flatMap(([key, value]) => (value === undefined ? [] : [[key, value]])),
  )
  .map((all): Record<string, string> => Object.fromEntries(all))

const container: fc.Arbitrary<Container> = fc
  .record({
    id,
    labels,
    state: fc.constantFrom('running', 'running', 'running', 'running', 'exited', 'paused'),
    health: fc.constantFrom('none', 'none', 'none', 'healthy', 'unhealthy'),
    accepting: fc.constantFrom(80, 80, 80, 81).map((port) => [port]),
    stopping: fc.constantFrom(false, false, false, false, true),
    networkMode: fc.constantFrom('bridge', 'bridge', 'host', `container:${exampleId(1)}`),
    address: fc.integer({ min: 1, max: 6 }),
    start: fc.integer({ min: 1, max: 4 }),
    published: fc.constantFrom('', '', '', '0.0.0.0', '192.0.2.1', '192.0.2.2'),
  })
  .map(({ id: number, address, start, published, labels: own, ...rest }) => {
    const attachments = rest.networkMode === 'bridge' ? [exampleAttachment(address)] : []
    const bound = published === '' ? [] : [{ address: published, port: 8_080 }]
    const ports = [{ port: 80, protocol: 'tcp' as const, exposed: true, published: bound }]
    const startedAt = `2026-01-01T00:00:0${start}Z`
    return exampleContainer(number, { ...rest, labels: own, attachments, ports, startedAt })
  })

type Step =
  | { readonly kind: 'seen'; readonly host: HostId; readonly container: Container }
  | { readonly kind: 'gone'; readonly host: HostId; readonly id: number }
  | { readonly kind: 'snapshot'; readonly host: HostId; readonly containers: Container[] }
  | { readonly kind: 'decision'; readonly decision: Decision; readonly deleted: boolean }

const since = 'then'
const decision: fc.Arbitrary<Decision> = fc.oneof(
  fc.record({
    kind: fc.constant('presence' as const),
    host,
    presence: fc.constantFrom('present' as const, 'lost' as const, 'stale' as const),
    since: fc.constant(since),
  }),
  fc.record({
    kind: fc.constant('claim' as const),
    domain,
    path,
    match: fc.constant('prefix' as const),
    service,
    host,
    container: id.map(exampleId),
    holdMs: fc.constantFrom(0, 500, 10_000),
    stripPrefix: fc.boolean(),
    since: fc.constant(since),
  }),
  fc.record({
    kind: fc.constant('flapping' as const),
    host,
    container: id.map(exampleId),
    falls: fc.constantFrom(3, 4),
    calmMs: fc.constant(5_000),
    since: fc.constant(since),
  }),
  fc
    .record({ host, container: fc.option(id.map(exampleId), { nil: undefined }) })
    .map(({ host: where, container: which }) => ({
      kind: 'drain' as const,
      host: where,
      ...(which !== undefined && { container: which }),
      by: 'ann',
      why: '',
      since,
    })),
)

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('seen' as const), host, container }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('gone' as const), host, id }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('snapshot' as const),
      host,
      containers: fc.uniqueArray(container, { maxLength: 4, selector: (each) => each.id }),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('decision' as const),
      decision,
      deleted: fc.boolean(),
    }),
  },
)

test('deriving step by step gives what deriving everything gives, after every step (I1)', () => {
  fc.assert(
    fc.property(
      fc.array(
        fc.tuple(
          step,
          fc.nat({ max: 3 }).map((it) => it === 0),
        ),
        { minLength: 10, maxLength: 60 },
      ),
      (history) => {
        let world = start()
        for (const [each, waits] of history) {
          world = advance(world, each, waits)
          if (waits) continue
          assert.deepEqual(readable(world.derived), readable(deriveAll(world.graph, settings)))
          const whole = tableForEdge(world.derived.table, world.graph, EDGE)
          assert.deepEqual([...world.edge.services].sort(byKey), [...whole.services].sort(byKey))
          const { slices } = encodeTable(whole, world.encoded.slices.length, sha256)
          assert.deepEqual(world.encoded.slices, slices)
        }
      },
    ),
    { numRuns: 150 },
  )
})

test('every route that a container asked for ends in exactly one verdict (I11)', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 30 }), (history) => {
      const world = history.reduce((before, each) => advance(before, each, false), start())
      for (const [name, { asks }] of world.derived.asks) {
        for (const [which, ask] of asks) {
          const verdicts = world.derived.verdicts.get(name)?.get(which) ?? []
          const { intents, refusals } = ask.reading
          assert.equal(verdicts.length, intents.length + refusals.length)
          assert.ok(verdicts.length > 0)
        }
      }
    }),
    { numRuns: 100 },
  )
})

const EDGE = {
  edge: EdgeId.parse('edge-1'),
  host: HOSTS[0],
  container: exampleId(2),
  addresses: ['192.0.2.10'],
  httpPort: 81,
}

interface World {
  readonly graph: Graph
  readonly seqs: ReadonlyMap<HostId, number>
  readonly derived: Derived
  readonly pending: typeof noChange
  readonly edge: EdgeTable
  readonly encoded: EncodedTable
}

function start(): World {
  const derived = nothingDerived(settings)
  const edge = tableForEdge(derived.table, emptyGraph, EDGE)
  const encoded = encodeTable(edge, 1, sha256)
  return { graph: emptyGraph, seqs: new Map(), derived, pending: noChange, edge, encoded }
}

/** Folds a step, and derives unless several changes are to be taken together. */
function advance(world: World, each: Step, waits: boolean): World {
  const [input, seqs] = inputOf(world, each)
  const { graph, change } = fold(world.graph, input)
  const pending = mergeChanges(world.pending, change)
  if (waits) return { ...world, graph, seqs, pending }
  const stepped = deriveChange(world.derived, graph, pending)
  const { table } = stepped.derived
  const changed = stepped.change.services
  const edge = changeEdgeTable(world.edge, { table, graph, facts: EDGE, changed })
  const before = { encoded: world.encoded, table: world.edge }
  return {
    graph,
    seqs,
    derived: stepped.derived,
    pending: noChange,
    edge: edge.table,
    encoded: changeEncoded(before, edge.table, edge.services, sha256),
  }
}

function inputOf({ seqs, graph }: World, each: Step): [FoldInput, ReadonlyMap<HostId, number>] {
  if (each.kind === 'decision') {
    const key = decisionKey(each.decision, sha256)
    return [{ kind: 'decision', key, decision: each.deleted ? undefined : each.decision }, seqs]
  }
  const seq = (seqs.get(each.host) ?? 0) + 1
  const stamp = exampleStamp(each.host, seq)
  const next = new Map(seqs).set(each.host, seq)
  if (each.kind === 'snapshot' || !graph.hosts.has(each.host)) {
    return [exampleSnapshot(stamp, each.kind === 'snapshot' ? each.containers : []), next]
  }
  if (each.kind === 'gone') return [exampleGone(stamp, exampleId(each.id)), next]
  return [exampleSeen(stamp, each.container), next]
}

/** In one order, whatever the maps are made of. */
function readable({ table, verdicts }: Derivation): unknown {
  return {
    services: [...table.services].sort(byKey),
    routes: [...table.routes].sort(byKey),
    verdicts: [...verdicts]
      .sort(byKey)
      .map(([name, own]): [string, unknown] => [name, [...own].sort(byKey)]),
  }
}

function byKey(a: readonly [string, unknown], b: readonly [string, unknown]): number {
  return a[0] < b[0] ? -1 : 1
}
