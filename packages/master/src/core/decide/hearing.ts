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
  /** Beats in a row that said something else than the graph does. */
  readonly disagreements: number
}

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
  const agrees = isTold(beat, graph, hashes)
  return {
    atMs: at.monoMs,
    skewMs: beat.sentAtMs - at.wallMs,
    beat,
    disagreements: agrees ? 0 : (before?.disagreements ?? 0) + 1,
  }
}

/** The graph holds all that the host has said, and it adds up to what the host says of itself. */
function isTold({ stamp, stateHash }: Heartbeat, graph: Graph, hashes: StateHashes): boolean {
  const node = graph.hosts.get(stamp.host)
  if (node === undefined || node.stamp.boot !== stamp.boot) return false
  // A statement may also overtake the beat; then there is nothing to compare yet.
  if (node.stamp.seq > stamp.seq) return true
  return node.seenThrough === stamp.seq && hashes.of(node) === stateHash
}
