import type { HostId } from '@roadstead/shared/kernel/ids.ts'
import { hostsWithGap } from '../graph/gaps.ts'
import type { Graph } from '../graph/graph.ts'
import type { Hearing } from './hearing.ts'

/** A statement that was overtaken by another arrives within this time, or it is lost. */
const REORDER_MS = 1_000
/** A snapshot is on its way for about this long; asking more often only adds load. */
const PER_HOST_MS = 10_000
/** Snapshots are large: a fleet that lost something all at once is asked one after another. */
const PER_SECOND_MAX = 20
/** Two beats that disagree may have been overtaken; the third has not. */
const DISAGREEMENTS_MAX = 2

export interface ResyncMemory {
  /** Since when there is a gap. */
  readonly gapSinceMs: ReadonlyMap<HostId, number>
  readonly askedMs: ReadonlyMap<HostId, number>
}

export const emptyResyncMemory: ResyncMemory = { gapSinceMs: new Map(), askedMs: new Map() }

export interface ResyncStep {
  /** Hosts to ask for a snapshot now. */
  readonly ask: readonly HostId[]
  readonly memory: ResyncMemory
}

/** Which hosts have to say everything once more: a statement of theirs is missing or was garbled. */
export function planResync(
  graph: Graph,
  hearing: Hearing,
  nowMs: number,
  before: ResyncMemory,
): ResyncStep {
  const gaps = hostsWithGap(graph)
  const gapSinceMs = new Map(gaps.map((host) => [host, before.gapSinceMs.get(host) ?? nowMs]))
  const overdue = gaps.filter((host) => nowMs - (gapSinceMs.get(host) ?? nowMs) >= REORDER_MS)
  const garbled = [...hearing]
    .filter(([, { disagreements }]) => disagreements > DISAGREEMENTS_MAX)
    .map(([host]) => host)

  const askedMs = new Map([...before.askedMs].filter(([, atMs]) => nowMs - atMs < PER_HOST_MS))
  const lately = [...askedMs.values()].filter((atMs) => nowMs - atMs < 1_000).length
  const ask = [...new Set([...overdue, ...garbled])]
    .filter((host) => !askedMs.has(host))
    .sort()
    .slice(0, Math.max(0, PER_SECOND_MAX - lately))
  for (const host of ask) askedMs.set(host, nowMs)
  return { ask, memory: { gapSinceMs, askedMs } }
}
