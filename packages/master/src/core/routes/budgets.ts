import type { Graph, RouteKey } from '../graph/graph.ts'
import { compareText } from '../graph/select.ts'
import type { ContainerId } from '@roadstead/shared/kernel/ids.ts'
import type { Intent } from './intent.ts'

/**
 * Budgets beyond one container. Whatever is claimed already goes first, so that a newcomer who asks
 * for too much never pushes out a route that works; the rest follows in an order that is the same on
 * every master.
 */
export interface HostIntent {
  readonly container: ContainerId
  readonly intent: Intent
}

/** The intents of one host that are beyond its budget. */
export function overHostBudget(
  intents: readonly HostIntent[],
  claims: Graph['claims'],
  routesPerHostMax: number,
): ReadonlySet<Intent> {
  if (intents.length <= routesPerHostMax) return nothing
  const isClaimed = ({ intent }: HostIntent): boolean =>
    claims.get(intent.key)?.service === intent.service
  const ordered = intents.toSorted(
    (a, b) =>
      Number(isClaimed(b)) - Number(isClaimed(a)) ||
      compareText(a.container, b.container) ||
      compareText(a.intent.key, b.intent.key),
  )
  return new Set(ordered.slice(routesPerHostMax).map(({ intent }) => intent))
}

/** The routes of the whole fleet that are beyond its budget. */
export function overFleetBudget(
  keys: readonly RouteKey[],
  claims: Graph['claims'],
  routesMax: number,
): ReadonlySet<RouteKey> {
  if (keys.length <= routesMax) return noKeys
  const ordered = keys.toSorted(
    (a, b) => Number(claims.has(b)) - Number(claims.has(a)) || compareText(a, b),
  )
  return new Set(ordered.slice(routesMax))
}

const nothing: ReadonlySet<Intent> = new Set()
const noKeys: ReadonlySet<RouteKey> = new Set()
