import { HostId } from '@roadstead/shared/kernel/ids.ts'
import type { Decision } from '@roadstead/shared/protocol/decision.ts'

/**
 * A person has removed the host: its identity is taken back, and stays among the decisions for as long
 * as anything that it once said may still be read from the bus.
 */
export function isRemoved(decisions: ReadonlyMap<string, Decision>, host: HostId): boolean {
  return removedHost(decisions.get(`d.identity.agent.${host}`)) !== undefined
}

/** The host that this decision removes. */
export function removedHost(decision: Decision | undefined): HostId | undefined {
  const isAgent = decision?.kind === 'identity' && decision.role === 'agent'
  return isAgent && decision.revoked ? HostId.parse(decision.id) : undefined
}
