import type { ContainerId } from '@roadstead/shared/kernel/ids.ts'
import type { Container, Port } from '@roadstead/shared/protocol/container.ts'

/**
 * Ports that accepted a connection in one run of each container. Once accepted stays accepted in that
 * run: the edges check from then on, and a check here that flaps would only argue with theirs.
 */
export type Accepted = ReadonlyMap<
  ContainerId,
  { readonly run: string; readonly ports: readonly Port[] }
>

export function accept(
  accepted: Accepted,
  id: ContainerId,
  run: string,
  ports: readonly Port[],
): Accepted {
  const before = acceptedPorts(accepted, id, run)
  const all = [...new Set([...before, ...ports])].sort((a, b) => a - b)
  return new Map(accepted).set(id, { run, ports: all })
}

export function acceptedPorts(
  accepted: Accepted,
  id: ContainerId,
  run: string | undefined,
): readonly Port[] {
  const known = accepted.get(id)
  return known !== undefined && known.run === run ? known.ports : []
}

/** Forgets what belongs to a run that is over. */
export function settleAccepted(
  accepted: Accepted,
  seen: Pick<Container, 'id' | 'startedAt' | 'state'>,
): Accepted {
  const known = accepted.get(seen.id)
  const isOver = seen.state !== 'running' && seen.state !== 'paused'
  if (known === undefined || (known.run === seen.startedAt && !isOver)) return accepted
  return forgetAccepted(accepted, seen.id)
}

export function forgetAccepted(accepted: Accepted, id: ContainerId): Accepted {
  if (!accepted.has(id)) return accepted
  const rest = new Map(accepted)
  rest.delete(id)
  return rest
}
