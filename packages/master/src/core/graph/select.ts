import type { ContainerId, HostId } from '@roadstead/shared/kernel/ids.ts'
import type { Container } from '@roadstead/shared/protocol/container.ts'
import type { Decision } from '@roadstead/shared/protocol/decision.ts'
import type { Presence } from '@roadstead/shared/protocol/presence.ts'
import type { Drain, Graph, HostNode } from './graph.ts'

/** A container and where it is: everything that is asked about a container starts from this. */
export interface Placed {
  readonly host: HostNode
  readonly container: Container
}

export type Flapping = Extract<Decision, { kind: 'flapping' }>

/** All containers, by host id and then container id. */
export function allContainers(graph: Graph): readonly Placed[] {
  return sortedHosts(graph).flatMap((host) =>
    [...host.containers.values()]
      .sort((a, b) => compareText(a.id, b.id))
      .map((container) => ({ host, container })),
  )
}

export function sortedHosts(graph: Graph): readonly HostNode[] {
  return [...graph.hosts.values()].sort((a, b) => compareText(a.id, b.id))
}

export function findContainer(graph: Graph, host: HostId, id: ContainerId): Placed | undefined {
  const node = graph.hosts.get(host)
  const container = node?.containers.get(id)
  return node && container && { host: node, container }
}

/** A host about which nothing was decided is present: it has only just been heard of. */
export function presenceOf(graph: Graph, host: HostId): Presence {
  return presenceDecision(graph, host)?.presence ?? 'present'
}

export function presenceDecision(
  graph: Graph,
  host: HostId,
): Extract<Decision, { kind: 'presence' }> | undefined {
  const decision = graph.decisions.get(`d.presence.${host}`)
  return decision?.kind === 'presence' ? decision : undefined
}

/** The decision that keeps a container out of routing, if there is one: its own, or its host's. */
export function drainOf(graph: Graph, host: HostId, container: ContainerId): Drain | undefined {
  return graph.drains.get(`d.drain.${host}.${container}`) ?? hostDrainOf(graph, host)
}

/** The decision that keeps everything on a host out of routing, if there is one. */
export function hostDrainOf(graph: Graph, host: HostId): Drain | undefined {
  return graph.drains.get(`d.drain.${host}.all`)
}

/** Set while a container gets requests only if nobody else can serve, because it falls again and again. */
export function flappingOf(
  graph: Graph,
  host: HostId,
  container: ContainerId,
): Flapping | undefined {
  const decision = graph.decisions.get(`d.flapping.${host}.${container}`)
  return decision?.kind === 'flapping' ? decision : undefined
}

/** The name as people type it, without the slash that the engine puts before it. */
export function nameOf(container: Pick<Container, 'name'>): string {
  return container.name.startsWith('/') ? container.name.slice(1) : container.name
}

/** By code units: the same on every machine, whatever its locale. */
export function compareText(a: string, b: string): number {
  return a === b ? 0 : a < b ? -1 : 1
}
