import type { TableService } from '@roadstead/shared/protocol/table.ts'
import { differences } from './differences.ts'
import { QUARTERS } from './peers.ts'
import { byService, type EdgeTable, endpointKey, headOf, serviceOf } from './table.ts'

/** Endpoints that start slowly, by key, with the moment since when they are there. */
export type Joins = ReadonlyMap<string, number>

/**
 * Who joined a service that others serve already, and wants to start slowly. What this edge finds at
 * its own start has served before, for all it knows.
 */
export function learnJoins(
  joins: Joins,
  before: EdgeTable | undefined,
  after: EdgeTable,
  nowMs: number,
): Joins {
  const next = new Map(joins)
  for (const [key, sinceMs] of joins) if (isOver(after, key, nowMs - sinceMs)) next.delete(key)
  const changes =
    before === undefined ? [] : differences(before.services, after.services, byService)
  for (const { before: old, after: young } of changes) {
    if (old === undefined || young?.slowStartMs === undefined) continue
    const known = new Set(keysOf(old))
    for (const key of keysOf(young)) if (!known.has(key)) next.set(key, nowMs)
    for (const key of known) if (!keysOf(young).includes(key)) next.delete(key)
  }
  return next
}

export interface Shares {
  /** Quarters of its share that each of them gets now; whoever is not in it gets all. */
  readonly quarters: ReadonlyMap<string, number>
  /** When the next one gets more; undefined when nobody starts. */
  readonly changesMs: number | undefined
}

export function sharesAt(joins: Joins, table: EdgeTable, nowMs: number): Shares {
  const quarters = new Map<string, number>()
  let changesMs: number | undefined
  for (const [key, sinceMs] of joins) {
    const overMs = serviceOf(table, headOf(key))?.slowStartMs
    if (overMs === undefined) continue
    const stepMs = overMs / QUARTERS
    const step = Math.floor((nowMs - sinceMs) / stepMs) + 1
    if (step >= QUARTERS) continue
    quarters.set(key, step)
    changesMs = Math.min(changesMs ?? Infinity, sinceMs + step * stepMs)
  }
  return { quarters, changesMs }
}

function isOver(table: EdgeTable, key: string, ageMs: number): boolean {
  return ageMs >= (serviceOf(table, headOf(key))?.slowStartMs ?? 0)
}

function keysOf(service: TableService): readonly string[] {
  return service.endpoints.map((endpoint) => endpointKey(service.id, endpoint))
}
