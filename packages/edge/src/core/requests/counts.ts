import { DURATION_BOUNDS_MS, STATUS_CLASSES } from '@roadstead/shared/protocol/request-report.ts'

/**
 * What is counted of one route or one endpoint, as numbers in a row; `lua/roadstead_requests.lua` has
 * the same order. First a number for each class of status, then for each duration its sum in
 * milliseconds and its buckets. A route has two durations, that of the whole request and that of its
 * endpoint; an endpoint has the second one.
 */
export type Counts = readonly number[]

const CLASSES = STATUS_CLASSES.length
const BUCKETS = DURATION_BOUNDS_MS.length + 1
export const ROUTE_COUNTS = CLASSES + 2 * (1 + BUCKETS)
export const ENDPOINT_COUNTS = CLASSES + 1 + BUCKETS

export type CountsByKey = ReadonlyMap<string, Counts>

export interface Tally {
  readonly routes: CountsByKey
  readonly endpoints: CountsByKey
}

export const nothingCounted: Tally = { routes: new Map(), endpoints: new Map() }

/** One request that has ended. */
export interface Ended {
  readonly route: string
  readonly status: number
  readonly ms: number
  /** Who answered it, or was the last one to be asked. */
  readonly endpoint: { readonly address: string; readonly ms: number } | undefined
  /** Endpoints that were asked before. */
  readonly failed: readonly string[]
}

/** A second's requests as counts. */
export function tallyOf(requests: Iterable<Ended>): Tally {
  const routes = new Map<string, number[]>()
  const endpoints = new Map<string, number[]>()
  for (const request of requests) {
    const { status, ms, endpoint, failed } = request
    const own = entryOf(routes, request.route, ROUTE_COUNTS)
    const at = classOf(status)
    increase(own, at, 1)
    // What became another protocol lasts until somebody closes it.
    const hasDuration = status !== SWITCHED
    if (hasDuration) addDuration(own, CLASSES, ms)
    for (const address of failed) increase(entryOf(endpoints, address, ENDPOINT_COUNTS), 0, 1)
    if (endpoint === undefined) continue
    const its = entryOf(endpoints, endpoint.address, ENDPOINT_COUNTS)
    increase(its, at, 1)
    if (!hasDuration) continue
    addDuration(own, CLASSES + 1 + BUCKETS, endpoint.ms)
    addDuration(its, CLASSES, endpoint.ms)
  }
  return { routes, endpoints }
}

const SWITCHED = 101

export function sumTallies(a: Tally, b: Tally): Tally {
  return { routes: sumMaps(a.routes, b.routes), endpoints: sumMaps(a.endpoints, b.endpoints) }
}

function sumMaps(a: CountsByKey, b: CountsByKey): CountsByKey {
  if (a.size === 0) return b
  const sum = new Map(a)
  for (const [key, counts] of b) sum.set(key, sumOf(sum.get(key), counts))
  return sum
}

export function sumOf(a: Counts | undefined, b: Counts): Counts {
  return a === undefined ? b : a.map((number, at) => number + (b[at] ?? 0))
}

/** The same with names, as masters are told. */
export function statusesOf(counts: Counts): number[] {
  return counts.slice(0, CLASSES)
}

/** @param which 0 for the first duration of a series, 1 for the second. */
export function durationsOf(counts: Counts, which: 0 | 1): { sumMs: number; buckets: number[] } {
  const at = CLASSES + which * (1 + BUCKETS)
  return { sumMs: Math.round(counts[at] ?? 0), buckets: counts.slice(at + 1, at + 1 + BUCKETS) }
}

function classOf(status: number): number {
  return status >= 100 && status < 600 ? Math.floor(status / 100) : 0
}

function addDuration(counts: number[], at: number, ms: number): void {
  increase(counts, at, ms)
  const bucket = DURATION_BOUNDS_MS.findIndex((bound) => ms <= bound)
  increase(counts, at + 1 + (bucket === -1 ? BUCKETS - 1 : bucket), 1)
}

function increase(counts: number[], at: number, by: number): void {
  counts[at] = (counts[at] ?? 0) + by
}

function entryOf(map: Map<string, number[]>, key: string, length: number): number[] {
  const known = map.get(key) ?? Array.from({ length }, () => 0)
  map.set(key, known)
  return known
}
