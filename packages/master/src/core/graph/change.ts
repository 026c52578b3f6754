import type { ContainerId, HostId } from '@roadstead/shared/kernel/ids.ts'
import type { Graph, RouteKey } from './graph.ts'

/**
 * What one or more folds touched: the places that `deriveChange` looks at again. It says *look*, never
 * *what happened*, so too much in it costs time and nothing else.
 */
export interface GraphChange {
  /** Hosts whose facts, networks, presence or drain changed: all their containers may look different. */
  readonly hosts: ReadonlySet<HostId>
  readonly containers: ReadonlyMap<HostId, ReadonlySet<ContainerId>>
  readonly claims: ReadonlySet<RouteKey>
  /** Keys of all decisions written or deleted. */
  readonly decisions: ReadonlySet<string>
}

export const noChange: GraphChange = {
  hosts: new Set(),
  containers: new Map(),
  claims: new Set(),
  decisions: new Set(),
}

export function isNoChange(change: GraphChange): boolean {
  const { hosts, containers, claims, decisions } = change
  return hosts.size + containers.size + claims.size + decisions.size === 0
}

/** Everything, as if it had just been told: what a master derives from at its start. */
export function wholeGraph(graph: Graph): GraphChange {
  return {
    hosts: new Set(graph.hosts.keys()),
    containers: new Map(
      Array.from(graph.hosts, ([id, host]) => [id, new Set(host.containers.keys())]),
    ),
    claims: new Set(graph.claims.keys()),
    decisions: new Set(graph.decisions.keys()),
  }
}

/** Both changes as one, for a master that folds faster than it derives. */
export function mergeChanges(a: GraphChange, b: GraphChange): GraphChange {
  if (isNoChange(a)) return b
  if (isNoChange(b)) return a
  const containers = new Map(a.containers)
  for (const [host, ids] of b.containers) {
    containers.set(host, union(containers.get(host), ids))
  }
  return {
    hosts: union(a.hosts, b.hosts),
    containers,
    claims: union(a.claims, b.claims),
    decisions: union(a.decisions, b.decisions),
  }
}

function union<Item>(a: ReadonlySet<Item> | undefined, b: ReadonlySet<Item>): ReadonlySet<Item> {
  return a === undefined ? b : new Set([...a, ...b])
}
