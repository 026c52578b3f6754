import assert from 'node:assert/strict'
import { test } from 'node:test'
import { PublicKey } from '@roadstead/shared/kernel/ids.ts'
import type { Observation, Snapshot } from '@roadstead/shared/protocol/observation.ts'
import { DomainName, PathPattern, ServiceKey } from '@roadstead/shared/protocol/route.ts'
import fc from 'fast-check'
import {
  exampleContainer,
  exampleFacts,
  exampleGone,
  exampleId,
  exampleNetworks,
  exampleSeen,
  exampleSnapshot,
  exampleStamp,
} from '../examples.ts'
import { fold, foldAll, type FoldInput } from './fold.ts'
import { hostsWithGap } from './gaps.ts'
import { emptyGraph, type Graph } from './graph.ts'

const alpha = exampleStamp('alpha', 1).host
const at = (seq: number, boot = 1) => exampleStamp('alpha', seq, boot)
const snapshot = (seq: number, numbers: number[], boot = 1) =>
  exampleSnapshot(
    at(seq, boot),
    numbers.map((number) => exampleContainer(number)),
  )
const seen = (seq: number, number: number, boot = 1) =>
  exampleSeen(at(seq, boot), exampleContainer(number))
const identity = {
  kind: 'identity',
  role: 'agent',
  id: alpha,
  publicKey: PublicKey.parse(`U${'A'.repeat(55)}`),
  name: 'alpha',
  since: 'then',
} as const
const key = 'd.identity.agent.alpha'
const removed = { kind: 'decision', key, decision: { ...identity, revoked: true } } as const
const enrolled = { kind: 'decision', key, decision: { ...identity, revoked: false } } as const
const gone = (seq: number, number: number) => exampleGone(at(seq), exampleId(number))

function idsAfter(inputs: readonly FoldInput[]): readonly string[] {
  return namesIn(foldAll(emptyGraph, inputs).graph)
}

function namesIn(graph: Graph): readonly string[] {
  return [...(graph.hosts.get(alpha)?.containers.values() ?? [])].map(({ name }) => name).sort()
}

test('a host begins with its snapshot and follows its deltas', () => {
  assert.deepEqual(idsAfter([snapshot(1, [1, 2]), seen(2, 3), gone(3, 1)]), ['c2', 'c3'])
})

test('a statement seen again changes nothing, and gives the same graph back', () => {
  const { graph } = foldAll(emptyGraph, [snapshot(1, [1]), seen(2, 2)])
  for (const input of [snapshot(1, [1]), seen(2, 2), gone(2, 2)]) {
    assert.equal(fold(graph, input).graph, graph)
  }
})

test('a delta beyond a hole is applied, and the gap is shown until it is filled', () => {
  const { graph: holed } = foldAll(emptyGraph, [snapshot(1, [1]), seen(3, 3)])
  assert.deepEqual(namesIn(holed), ['c1', 'c3'])
  assert.deepEqual(hostsWithGap(holed), [alpha])

  const { graph: filled } = fold(holed, seen(2, 2))
  assert.deepEqual(namesIn(filled), ['c1', 'c2', 'c3'])
  assert.deepEqual(hostsWithGap(filled), [])
})

test('what comes late is put where it belongs', () => {
  const early = exampleSeen(at(2), exampleContainer(1, { state: 'exited' }))
  const late = exampleSeen(at(3), exampleContainer(1, { state: 'running' }))
  const { graph } = foldAll(emptyGraph, [snapshot(1, []), late, early])
  assert.equal(graph.hosts.get(alpha)?.containers.get(exampleId(1))?.state, 'running')
})

test('a snapshot fills every hole before it, and what came after it is applied again', () => {
  const inputs = [snapshot(1, [1]), seen(5, 5), snapshot(4, [4])]
  assert.deepEqual(idsAfter(inputs), ['c4', 'c5'])
  assert.deepEqual(hostsWithGap(foldAll(emptyGraph, inputs).graph), [])
})

test('a container that a snapshot lacks is gone', () => {
  assert.deepEqual(idsAfter([snapshot(1, [1, 2]), snapshot(2, [2])]), ['c2'])
})

test('of a host that was removed nothing is kept, whatever is heard before or after', () => {
  const inputs = [snapshot(1, [1, 2]), seen(2, 3), removed]
  const orders = [inputs, inputs.toReversed(), [inputs[1], removed, inputs[0]]]
  for (const order of orders) {
    const { graph } = foldAll(
      emptyGraph,
      order.flatMap((it) => it ?? []),
    )
    assert.deepEqual([...graph.hosts.keys(), ...graph.waiting.keys()], [])
  }
  const { graph: before } = foldAll(emptyGraph, [snapshot(1, [1, 2])])
  const { change } = fold(before, removed)
  assert.deepEqual([...(change.containers.get(alpha) ?? [])], [1, 2].map(exampleId))

  const { graph: again } = foldAll(before, [removed, enrolled, snapshot(1, [4], 2)])
  assert.deepEqual(namesIn(again), ['c4'])
})

test('a new life of an agent changes nothing before its snapshot: stale beats partial', () => {
  const { graph } = foldAll(emptyGraph, [snapshot(1, [1, 2]), seen(1, 3, 2), seen(3, 4, 2)])
  assert.deepEqual(namesIn(graph), ['c1', 'c2'])
  assert.deepEqual(hostsWithGap(graph), [alpha])

  const { graph: told } = fold(graph, snapshot(2, [5], 2))
  assert.deepEqual(namesIn(told), ['c4', 'c5'])
  assert.deepEqual(hostsWithGap(told), [])
})

test('an older life has no say any more', () => {
  assert.deepEqual(idsAfter([snapshot(1, [1], 2), snapshot(9, [2], 1), seen(10, 3, 1)]), ['c1'])
})

test('a host that has not been told whole is not in the graph, but is asked', () => {
  const { graph } = fold(emptyGraph, seen(4, 1))
  assert.equal(graph.hosts.size, 0)
  assert.deepEqual(hostsWithGap(graph), [alpha])
})

test('a change names only what changed', () => {
  const { graph } = fold(emptyGraph, snapshot(1, [1, 2]))
  const next = exampleSnapshot(at(2), [exampleContainer(1), exampleContainer(2, { exitCode: 1 })])
  const { change } = fold(graph, next)
  assert.deepEqual([...change.containers], [[alpha, new Set([exampleId(2)])]])
  assert.equal(change.hosts.size, 0)
})

test('a claim is found by its route, and its drain and presence name what they concern', () => {
  const claim = {
    kind: 'claim' as const,
    domain: DomainName.parse('a.example'),
    path: PathPattern.parse('/'),
    match: 'prefix' as const,
    service: ServiceKey.parse('shop'),
    host: alpha,
    container: exampleId(1),
    since: 'then',
  }
  const { graph, change } = fold(emptyGraph, {
    kind: 'decision',
    key: 'd.claim.x',
    decision: claim,
  })
  assert.equal(graph.claims.get('a.example prefix /'), claim)
  assert.deepEqual([...change.claims], ['a.example prefix /'])

  const freed = fold(graph, { kind: 'decision', key: 'd.claim.x', decision: undefined })
  assert.equal(freed.graph.claims.size, 0)
  assert.deepEqual([...freed.change.claims], ['a.example prefix /'])
})

/** An agent that does something in each of several lives, and tells the truth about it. */
const truths = fc
  .array(
    fc.record({
      boot: fc.integer({ min: 1, max: 2 }),
      number: fc.integer({ min: 1, max: 4 }),
      what: fc.constantFrom('seen', 'gone', 'host', 'snapshot'),
      restartCount: fc.integer({ min: 0, max: 3 }),
    }),
    { minLength: 1, maxLength: 12 },
  )
  .map((doings) => {
    const statements: (Observation | Snapshot)[] = []
    for (const boot of [1, 2]) {
      const there = new Map<number, number>()
      let seq = 0
      let kernel = ''
      const all = [{ boot, number: 1, what: 'snapshot', restartCount: 0 }, ...doings]
      for (const { number, what, restartCount } of all.filter((each) => each.boot === boot)) {
        const stamp = at((seq += what === 'snapshot' ? 0 : 1), boot)
        const facts = () => exampleFacts('alpha', { kernel })
        if (what === 'seen') {
          there.set(number, restartCount)
          statements.push(exampleSeen(stamp, exampleContainer(number, { restartCount })))
        } else if (what === 'gone') {
          there.delete(number)
          statements.push(exampleGone(stamp, exampleId(number)))
        } else if (what === 'host') {
          kernel = String(restartCount)
          const cause = { action: 'list', seenAtMs: 0 }
          const networks = [...exampleNetworks]
          statements.push({ kind: 'host-seen', stamp, facts: facts(), networks, cause })
        } else {
          const containers = [...there].map(([each, count]) =>
            exampleContainer(each, { restartCount: count }),
          )
          statements.push(exampleSnapshot(stamp, containers, { facts: facts() }))
        }
      }
    }
    return statements
  })

test('a graph depends on what was heard, not on when or how often (I2)', () => {
  const histories = truths.chain((statements) =>
    fc.tuple(
      fc.constant(statements),
      fc.shuffledSubarray([...statements, ...statements], { minLength: statements.length * 2 }),
    ),
  )
  fc.assert(
    fc.property(histories, ([inOrder, shuffled]) => {
      assert.deepEqual(readable(inOrder), readable(shuffled))
    }),
    { numRuns: 500 },
  )
})

test('at once or in parts, it is the same graph, and one that was given out never changes', () => {
  const parts = truths.chain((statements) =>
    fc.tuple(
      fc.shuffledSubarray([...statements, ...statements], { minLength: statements.length }),
      fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 24, maxLength: 24 }),
    ),
  )
  fc.assert(
    fc.property(parts, ([statements, sizes]) => {
      const given: [Graph, string][] = []
      let graph = emptyGraph
      const rest = [...statements]
      for (const size of sizes) {
        const { graph: next, change } = foldAll(graph, rest.splice(0, size))
        assert.deepEqual([...(change.containers.get(alpha) ?? [])].sort(), changed(graph, next))
        graph = next
        given.push([graph, textOf(graph)])
      }
      for (const [each, text] of given) assert.equal(textOf(each), text)
      const told = statements.slice(0, statements.length - rest.length)
      assert.equal(textOf(graph), textOf(foldAll(emptyGraph, told).graph))
    }),
    { numRuns: 300 },
  )
})

function changed(before: Graph, after: Graph): string[] {
  const [old, young] = [before, after].map((graph) => graph.hosts.get(alpha)?.containers)
  const ids = new Set([...(old?.keys() ?? []), ...(young?.keys() ?? [])])
  return [...ids].filter((id) => old?.get(id) !== young?.get(id)).sort()
}

function textOf({ hosts, waiting }: Graph): string {
  return JSON.stringify([...hosts.values(), ...waiting.values()], (_, value: unknown) =>
    value instanceof Map ? [...value].sort(([a], [b]) => (a < b ? -1 : 1)) : value,
  )
}

test('whatever is missing, the last snapshot brings back', () => {
  fc.assert(
    fc.property(truths, fc.infiniteStream(fc.boolean()), (statements, keeps) => {
      const some = statements.filter(() => keeps.next().value === true)
      const last = exampleSnapshot(at(99, 3), [exampleContainer(7)])
      assert.deepEqual(namesIn(foldAll(emptyGraph, [...some, last]).graph), ['c7'])
    }),
    { numRuns: 100 },
  )
})

function readable(inputs: readonly FoldInput[]): unknown {
  const { graph } = foldAll(emptyGraph, inputs)
  return [...graph.hosts.values()].map(({ containers, ahead: _ahead, ...rest }) => ({
    ...rest,
    containers: [...containers.values()].sort((a, b) => (a.id < b.id ? -1 : 1)),
  }))
}
