import type { HostId } from '@roadstead/shared/kernel/ids.ts'
import type { Graph } from './graph.ts'

/**
 * Hosts that have to say everything once more: a statement is missing, or a new life of the agent
 * has not been told from its beginning. A snapshot from them closes the gap.
 */
export function hostsWithGap(graph: Graph): readonly HostId[] {
  const unsynced = [...graph.hosts.values()].filter((host) => !host.synced).map((host) => host.id)
  return [...new Set([...unsynced, ...graph.waiting.keys()])].sort()
}
