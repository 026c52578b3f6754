import type { ContainerId, EdgeId, HostId } from '@roadstead/shared/kernel/ids.ts'
import type { Container } from '@roadstead/shared/protocol/container.ts'
import type { Graph } from '../graph/graph.ts'
import { findContainer } from '../graph/select.ts'

/** What an edge says about itself, as far as it decides what it can reach. */
export interface EdgeFacts {
  readonly edge: EdgeId
  readonly host?: HostId | undefined
  readonly container?: ContainerId | undefined
  readonly addresses: readonly string[]
  readonly httpPort: number
  readonly httpsPort?: number | undefined
}

/** Where an edge stands in the graph. */
export interface EdgePlace extends EdgeFacts {
  /** It shares the network of its host, so it reaches whatever the host reaches. */
  readonly onHost: boolean
  /** Networks that its own container is attached to, sorted. */
  readonly networks: readonly string[]
}

/**
 * An edge in a container that the graph does not know (yet) is taken to reach nothing but published
 * ports: that is always true, and the better way is taken as soon as the container is seen.
 */
export function placeEdge(graph: Graph, facts: EdgeFacts): EdgePlace {
  const { host, container } = facts
  const own = host && container ? findContainer(graph, host, container)?.container : undefined
  const onHost = container === undefined ? host !== undefined : own?.networkMode === 'host'
  return { ...facts, onHost, networks: networksOf(own) }
}

function networksOf(container: Container | undefined): readonly string[] {
  return (container?.attachments ?? [])
    .filter(({ address, address6 }) => address !== undefined || address6 !== undefined)
    .map(({ networkId }) => networkId)
    .sort()
}
