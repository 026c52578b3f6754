import type { TableEndpoint, TableService } from '@roadstead/shared/protocol/table.ts'
import { type EdgeTable, endpointKey, headOf, serviceOf } from './table.ts'

/** Checks in a row that change our mind: a lost packet costs nothing, a dead endpoint six seconds. */
export const FALL = 3
export const RISE = 2

/** How one endpoint has answered. Absent from the map: never failed since it is in the table. */
export interface Health {
  readonly state: 'passing' | 'failing'
  /** Results in a row that speak against `state`. */
  readonly against: number
  /** When `state` began, as the caller counts time. */
  readonly sinceMs: number
}

export type HealthByEndpoint = ReadonlyMap<string, Health>

const unknown: Health = { state: 'passing', against: 0, sinceMs: 0 }

/** The new health after one round of checks. Endpoints that are not in the table are forgotten. */
export function learnRound(
  health: HealthByEndpoint,
  answers: ReadonlyMap<string, boolean>,
  table: EdgeTable,
  nowMs: number,
): HealthByEndpoint {
  const next = new Map<string, Health>()
  for (const { key } of endpointsOf(table)) {
    const before = health.get(key)
    const answered = answers.get(key)
    const after = answered === undefined ? before : learn(before ?? unknown, answered, nowMs)
    if (after !== undefined && isNotable(after)) next.set(key, after)
  }
  return next
}

/**
 * Endpoints that get no requests now: the failing ones, but never all of a service. Where every one
 * fails, it is as likely that this edge has lost its way to them, so all stay and nginx tries.
 */
export function leftOut(table: EdgeTable, health: HealthByEndpoint): ReadonlySet<string> {
  const out = new Set<string>()
  // From those that fail, and not from all: this is asked at every change, and few ever fail.
  const failingKeys = [...health].filter(([, { state }]) => state === 'failing')
  for (const id of new Set(failingKeys.map(([key]) => headOf(key)))) {
    const service = serviceOf(table, id)
    if (service === undefined) continue
    const failing = failingOf(service, health)
    if (failing.length < service.endpoints.length) for (const key of failing) out.add(key)
  }
  return out
}

/** Every endpoint of a table with its service and key. */
export function endpointsOf(table: EdgeTable): readonly CheckedEndpoint[] {
  return table.services.flatMap((service) =>
    service.endpoints.map((endpoint) => ({
      service,
      endpoint,
      key: endpointKey(service.id, endpoint),
    })),
  )
}

interface CheckedEndpoint {
  readonly service: TableService
  readonly endpoint: TableEndpoint
  readonly key: string
}

function failingOf(service: TableService, health: HealthByEndpoint): readonly string[] {
  return service.endpoints
    .map((endpoint) => endpointKey(service.id, endpoint))
    .filter((key) => health.get(key)?.state === 'failing')
}

function learn(before: Health, answered: boolean, nowMs: number): Health {
  const agrees = answered === (before.state === 'passing')
  if (agrees) return { ...before, against: 0 }
  const against = before.against + 1
  if (against < (answered ? RISE : FALL)) return { ...before, against }
  return { state: answered ? 'passing' : 'failing', against: 0, sinceMs: nowMs }
}

/** A passing endpoint that never failed needs no memory. */
function isNotable(health: Health): boolean {
  return health.state === 'failing' || health.against > 0 || health.sinceMs > 0
}
