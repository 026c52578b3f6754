import type { Observation, Snapshot } from '@roadstead/shared/protocol/observation.ts'
import type { Stamp } from '@roadstead/shared/protocol/stamp.ts'
import type { HostGroup, HostNode, Waiting } from './graph.ts'
import { applyDelta, groupOf, type OwnMaps } from './host-group.ts'

/**
 * The last word of one host, out of statements that may come twice, late or in any order.
 *
 * A delta that follows the last one is applied. One that leaves a hole is applied too, since it is
 * true by itself, but what the group was before the hole is kept: when the missing one arrives after
 * all, the deltas are applied again in their own order. So order of arrival never shows, and a
 * snapshot simply fills every hole before it. (To drop what comes late instead, as is often done,
 * would leave a wrong container until the next snapshot.)
 *
 * The first deltas of a new life of the agent wait for that life's snapshot: until then it has not
 * told all it can see, and what the old life said is better than a part. Stale beats partial.
 */
export interface Told {
  readonly node: HostNode | undefined
  readonly waiting: Waiting | undefined
}

/** Deltas kept beyond a hole or before a snapshot; what is past it, the snapshot brings. */
export const AHEAD_MAX = 1_024

export function foldDelta(told: Told, delta: Observation, own: OwnMaps): Told {
  const { node } = told
  const { boot, seq } = delta.stamp
  if (node !== undefined && boot < node.stamp.boot) return told
  if (node === undefined || boot > node.stamp.boot) return wait(told, delta)
  if (seq <= node.seenThrough || node.ahead?.deltas.has(seq) === true) return told

  if (node.ahead === undefined && seq === node.seenThrough + 1) {
    return { ...told, node: follow(told, node, delta, own) }
  }
  const { base, deltas } = node.ahead ?? { base: node, deltas: noDeltas }
  const isNext = seq === node.seenThrough + 1
  // Beyond the limit only the delta that closes the hole is of use.
  const kept = deltas.size < AHEAD_MAX || isNext ? new Map(deltas).set(seq, delta) : deltas
  const newest = Math.max(seq, node.stamp.seq)
  const { seenThrough } = node
  return { ...told, node: settle({ ...delta.stamp, seq: newest }, base, seenThrough, kept, told) }
}

export function foldSnapshot(told: Told, snapshot: Snapshot): Told {
  const { node, waiting } = told
  const { boot, seq } = snapshot.stamp
  if (node !== undefined && boot < node.stamp.boot) return told
  const sameLife = node?.stamp.boot === boot
  if (sameLife && seq < node.seenThrough) return told

  const heard = sameLife ? node.ahead?.deltas : waiting?.boot === boot ? waiting.deltas : undefined
  const later = new Map([...(heard ?? noDeltas)].filter(([each]) => each > seq))
  const stillWaiting = waiting !== undefined && waiting.boot > boot ? waiting : undefined
  const newest = Math.max(seq, sameLife ? node.stamp.seq : seq, ...later.keys())
  const stamp = { ...snapshot.stamp, seq: newest }
  const after = { node, waiting: stillWaiting }
  return { ...after, node: settle(stamp, groupOf(snapshot, node), seq, later, after) }
}

/** As a rule nothing is missing: then nobody goes back to what was before. */
function follow({ waiting }: Told, node: HostNode, delta: Observation, own: OwnMaps): HostNode {
  const { facts, networks, containers } = applyDelta(node, delta, own)
  const { stamp } = delta
  const synced = waiting === undefined
  return { id: node.id, stamp, seenThrough: stamp.seq, synced, facts, networks, containers }
}

/** Applies what follows without a hole to the base, and the rest on top of it. */
function settle(
  stamp: Stamp,
  from: HostGroup,
  seen: number,
  deltas: ReadonlyMap<number, Observation>,
  { waiting }: Told,
): HostNode {
  const left = new Map([...deltas].sort(([a], [b]) => a - b))
  let base = from
  let seenThrough = seen
  for (const [seq, delta] of left) {
    if (seq !== seenThrough + 1) break
    base = applyDelta(base, delta)
    seenThrough = seq
    left.delete(seq)
  }
  const hasHole = stamp.seq > seenThrough
  const { facts, networks, containers } = [...left.values()].reduce(
    (group, delta) => applyDelta(group, delta),
    base,
  )
  return {
    id: stamp.host,
    stamp,
    seenThrough,
    synced: !hasHole && waiting === undefined,
    facts,
    networks,
    containers,
    ...(hasHole && { ahead: { base, deltas: left } }),
  }
}

function wait({ node, waiting }: Told, delta: Observation): Told {
  const { boot, seq } = delta.stamp
  if (waiting !== undefined && boot < waiting.boot) return { node, waiting }
  const deltas = waiting?.boot === boot ? waiting.deltas : noDeltas
  if (deltas.has(seq) || deltas.size >= AHEAD_MAX) return { node, waiting }
  return {
    node: node?.synced === true ? { ...node, synced: false } : node,
    waiting: { boot, deltas: new Map(deltas).set(seq, delta) },
  }
}

const noDeltas: ReadonlyMap<number, Observation> = new Map()
