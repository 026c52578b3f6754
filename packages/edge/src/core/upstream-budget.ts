import type { TableRoute } from '@roadstead/shared/protocol/table.ts'
import { type EdgeTable, routeKey } from './table.ts'

/** nginx compares every upstream with every other: from here on a reload takes noticeably longer. */
export const UPSTREAMS_WARN = 1_000
/** Beyond this a reload takes seconds of processor time, so new services are refused. */
export const UPSTREAMS_MAX = 5_000

/**
 * The routes that are too many for this edge. Services that are in force already come first, so a
 * newcomer is refused and never an incumbent.
 */
export function overBudget(
  table: EdgeTable,
  inForce: ReadonlySet<string>,
  max: number = UPSTREAMS_MAX,
): readonly TableRoute[] {
  const services = table.services.filter((service) => service.endpoints.length > 0)
  if (services.length <= max) return []
  const incumbents = services.filter((service) => inForce.has(service.id))
  const newcomers = services.filter((service) => !inForce.has(service.id))
  const refused = new Set([...incumbents, ...newcomers].slice(max).map((service) => service.id))
  return table.routes.filter((route) => refused.has(route.service))
}

/** Keys of the given routes. */
export function routeKeys(routes: readonly TableRoute[]): ReadonlySet<string> {
  return new Set(routes.map(routeKey))
}
