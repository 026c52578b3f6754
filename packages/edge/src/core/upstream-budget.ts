import type { Quarantined } from '@roadstead/shared/protocol/edge-status.ts'
import type { TableRoute, TableStream } from '@roadstead/shared/protocol/table.ts'
import { type EdgeTable, keyOf, toldRoute } from './table.ts'

/** nginx compares every upstream with every other: from here on a reload takes noticeably longer. */
export const UPSTREAMS_WARN = 1_000
/** Beyond this a reload takes seconds of processor time, so new services are refused. */
export const UPSTREAMS_MAX = 5_000
/** Refused routes that are told one by one: enough to see which label to take away. */
const TOLD_MAX = 50
const CONTAINERS_TOLD_MAX = 8

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

interface Refused {
  readonly route: TableRoute | TableStream
  /** For a person. */
  readonly reason: string
}

export const TOO_MANY = `too many services: this edge serves ${UPSTREAMS_MAX} that have endpoints at most`
export const STRANDED = 'two routes of this path would each have a prefix cut off; one of them can'

/**
 * What the status says about refused routes, by key: which ones, whose containers, since when.
 *
 * @param before what was said the last time; a route keeps its `since`.
 */
export function tellRefused(
  table: EdgeTable,
  refused: readonly Refused[],
  before: ReadonlyMap<string, Quarantined>,
  now: string,
): ReadonlyMap<string, Quarantined> {
  const told = refused.slice(0, TOLD_MAX).map(({ route, reason }) => {
    const key = keyOf(route)
    const service = table.services.find((it) => it.id === route.service)
    const containers = new Set(service?.endpoints.map((endpoint) => endpoint.container))
    const since = before.get(key)?.since ?? now
    const entry = {
      route: toldRoute(route),
      containers: [...containers].slice(0, CONTAINERS_TOLD_MAX),
      reason,
      since,
    }
    return [key, entry] as const
  })
  return new Map(told)
}
