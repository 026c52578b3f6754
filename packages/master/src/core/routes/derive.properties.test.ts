import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sha256 } from '@roadstead/bus/sha256.ts'
import { canonical } from '@roadstead/shared/kernel/canonical.ts'
import { EdgeId, type HostId } from '@roadstead/shared/kernel/ids.ts'
import { decisionKey } from '@roadstead/shared/protocol/decision.ts'
import { TableSlice } from '@roadstead/shared/protocol/table.ts'
import fc from 'fast-check'
import { HOSTS, type Step, step } from '../../testing/histories.ts'
import { exampleGone, exampleId, exampleSeen, exampleSnapshot, exampleStamp } from '../examples.ts'
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

/** Budgets so small that they are exceeded all the time. */
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
          assertCanonical(slices)
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

/** Whatever was asked for in whatever order, equal tables are equal text. */
function assertCanonical(slices: EncodedTable['slices']): void {
  for (const { text } of slices) {
    const slice = TableSlice.parse(JSON.parse(text))
    assert.equal(canonical(slice), text)
    const ids = slice.services.map(({ id }) => id)
    assert.equal(new Set(ids).size, ids.length, 'a group is there once')
  }
}

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
