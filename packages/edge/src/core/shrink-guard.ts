import type { TableService } from '@roadstead/shared/protocol/table.ts'
import { differences } from './differences.ts'
import {
  byRoute,
  byService,
  byStream,
  type EdgeTable,
  endpointCount,
  endpointKey,
  serviceOf,
} from './table.ts'

/** Above these shares of what is in force, a loss without evidence is believed only after a while. */
const ROUTES_LOST_SHARE = 0.3
const ENDPOINTS_LOST_SHARE = 0.5
/** As long as it takes a master that has just started to hear from every agent again. */
export const SHRINK_HOLD_MS = 30_000

export interface Offer {
  readonly table: EdgeTable
  /** Hosts whose word is in the table: what is missing on them is gone by evidence. */
  readonly witnesses: ReadonlySet<string>
  readonly force: boolean
}

export type Shrink =
  | { readonly kind: 'pass' }
  | {
      readonly kind: 'hold'
      readonly routesLost: number
      readonly endpointsLost: number
      /** Until then a newer table is waited for; endless when only `force` can help. */
      readonly untilMs: number
    }

/**
 * Holds back a table that forgets too much at once. Containers stop for good reasons, and their
 * engines say so; a master that lost its memory, or its view of half the fleet, has nobody's word
 * for what is missing. Only the latter counts here, so a real shutdown of everything passes at once.
 *
 * @param heldSinceMs since when tables have been held, so that a newer one that forgets as much does
 *   not start the wait again.
 */
export function shrinkGuard(
  inForce: EdgeTable,
  offer: Offer,
  nowMs: number,
  heldSinceMs: number | undefined,
): Shrink {
  if (offer.force) return { kind: 'pass' }
  const endpointsLost = silentEndpoints(inForce, offer)
  const routesLost = silentRoutes(inForce, offer)
  if (endpointsLost === 0 && routesLost === 0) return { kind: 'pass' }
  const hold = { kind: 'hold', routesLost, endpointsLost } as const
  const isEmpty = endpointCount(offer.table) === 0
  if (isEmpty) return { ...hold, untilMs: Number.POSITIVE_INFINITY }
  const isLarge =
    endpointsLost > endpointCount(inForce) * ENDPOINTS_LOST_SHARE ||
    routesLost > (inForce.routes.length + inForce.streams.length) * ROUTES_LOST_SHARE
  if (!isLarge) return { kind: 'pass' }
  const untilMs = (heldSinceMs ?? nowMs) + SHRINK_HOLD_MS
  return nowMs >= untilMs ? { kind: 'pass' } : { ...hold, untilMs }
}

function silentEndpoints(inForce: EdgeTable, offer: Offer): number {
  const changes = differences(inForce.services, offer.table.services, byService)
  return changes.reduce((sum, { before, after }) => sum + lostOf(before, after, offer), 0)
}

function lostOf(
  before: TableService | undefined,
  after: TableService | undefined,
  { witnesses }: Offer,
): number {
  if (before === undefined) return 0
  const offered = new Set(after?.endpoints.map((endpoint) => endpointKey(before.id, endpoint)))
  return before.endpoints
    .filter((endpoint) => !witnesses.has(endpoint.host))
    .filter((endpoint) => !offered.has(endpointKey(before.id, endpoint))).length
}

/** Lost routes that had endpoints, none of them on a host that speaks in the offered table. */
function silentRoutes(inForce: EdgeTable, offer: Offer): number {
  const changes = [
    ...differences(inForce.routes, offer.table.routes, byRoute),
    ...differences(inForce.streams, offer.table.streams, byStream),
  ]
  return changes
    .flatMap(({ before, after }) => (before !== undefined && after === undefined ? [before] : []))
    .filter((route) => isSilent(serviceOf(inForce, route.service), offer.witnesses)).length
}

function isSilent(service: TableService | undefined, witnesses: ReadonlySet<string>): boolean {
  const endpoints = service?.endpoints ?? []
  return endpoints.length > 0 && endpoints.every((endpoint) => !witnesses.has(endpoint.host))
}
