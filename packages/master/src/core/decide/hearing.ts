import type { HostId } from '@roadstead/shared/kernel/ids.ts'
import type { Heartbeat } from '@roadstead/shared/protocol/heartbeat.ts'
import type { Graph } from '../graph/graph.ts'
import type { StateHashes } from '../graph/state-hashes.ts'

/** The last heartbeat of a host, on this master's own clock. */
export interface Heard {
  readonly atMs: number
  /** The host's wall clock ahead of ours, with the way of the beat in it; for people. */
  readonly skewMs: number
  readonly beat: Heartbeat
  /** Beats in a row that said something else than the graph does, of those that came apart. */
  readonly disagreements: number
  /** When the last of them came. */
  readonly disagreedAtMs?: number
}

/** Beats that follow one another at once, as on a new link, may all overtake the same statement. */
const APART_MS = 2_000

export type Hearing = ReadonlyMap<HostId, Heard>

/**
 * What is known of a host after one more beat. A beat overtakes the statement it speaks of now and
 * then, so one that disagrees proves nothing; several in a row mean that something was lost.
 */
export function hear(
  before: Heard | undefined,
  beat: Heartbeat,
  at: { readonly monoMs: number; readonly wallMs: number },
  graph: Graph,
  hashes: StateHashes,
): Heard {
  const heard = { atMs: at.monoMs, skewMs: beat.sentAtMs - at.wallMs, beat }
  if (isTold(beat, graph, hashes)) return { ...heard, disagreements: 0 }
  const { disagreements = 0, disagreedAtMs } = before ?? {}
  if (disagreedAtMs !== undefined && at.monoMs - disagreedAtMs < APART_MS) {
    return { ...heard, disagreements, disagreedAtMs }
  }
  return { ...heard, disagreements: disagreements + 1, disagreedAtMs: at.monoMs }
}

/** The graph holds all that the host has said, and it adds up to what the host says of itself. */
function isTold({ stamp, stateHash }: Heartbeat, graph: Graph, hashes: StateHashes): boolean {
  const node = graph.hosts.get(stamp.host)
  if (node === undefined || node.stamp.boot !== stamp.boot) return false
  // A statement may also overtake the beat; then there is nothing to compare yet.
  if (node.stamp.seq > stamp.seq) return true
  return node.seenThrough === stamp.seq && hashes.of(node) === stateHash
}
