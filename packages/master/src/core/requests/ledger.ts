import type { EdgeId, InstanceId } from '@roadstead/shared/kernel/ids.ts'
import {
  DURATION_BOUNDS_MS,
  type EndpointRequests,
  type RequestReport,
  type RouteRequests,
  STATUS_CLASSES,
} from '@roadstead/shared/protocol/request-report.ts'

/** Over which time a rate is taken: six reports, so that one that was lost does not show. */
export const WINDOW_MS = 30_000
/** A life of an edge tells its first word after so long. */
const TOLD_EVERY_MS = 5_000
/** An edge repeats everything once a minute; what is not said for so long is not there any more. */
const FORGOTTEN_MS = 5 * 60_000
/** In the window, and one before it. */
const SAMPLES_MAX = 8

/**
 * What is counted, as numbers in a row: a number for each class of status, then for each duration its
 * sum and its buckets. For a route, that of the endpoint comes first and that of the whole after it.
 */
export type Numbers = readonly number[]

const CLASSES = STATUS_CLASSES.length
const BUCKETS = DURATION_BOUNDS_MS.length + 1

interface Sample {
  readonly atMs: number
  readonly numbers: Numbers
}

export interface Series {
  /** Of lives of this edge that are over. */
  readonly before: Numbers
  /** Of the present one. */
  readonly last: Numbers
  readonly heardMs: number
  /** Totals, oldest first. */
  readonly samples: readonly Sample[]
}

export type SeriesByKey = ReadonlyMap<string, Series>

export interface EdgeRequests {
  readonly instance: InstanceId
  readonly seq: number
  readonly heardMs: number
  readonly routes: SeriesByKey
  readonly endpoints: SeriesByKey
  readonly lost: { readonly before: number; readonly last: number }
}

/** What every edge has counted, as far as this master has heard. */
export type RequestLedger = ReadonlyMap<EdgeId, EdgeRequests>

/**
 * Takes in what an edge says. It says sums, so nothing is counted twice and what was not heard is made
 * good by the next word; an edge that began anew begins at zero, and what its life before had counted
 * stays in the total.
 */
export function hearRequests(
  ledger: RequestLedger,
  report: RequestReport,
  nowMs: number,
): RequestLedger {
  const known = ledger.get(report.edge)
  const isSame = known?.instance === report.instance
  if (isSame && report.seq <= known.seq) return ledger
  const from = isSame || known === undefined ? known : newLife(known)
  // When a series that nobody has heard of was at zero, if that is known.
  const beganMs = report.seq === 1 ? nowMs - TOLD_EVERY_MS : undefined
  const zeroMs = isSame ? known.heardMs : beganMs
  const take = (before: SeriesByKey | undefined, said: readonly Said[]) =>
    changeSeries(before ?? new Map(), said, { nowMs, zeroMs })
  const edge: EdgeRequests = {
    instance: report.instance,
    seq: report.seq,
    heardMs: nowMs,
    routes: take(from?.routes, report.routes.map(ofRoute)),
    endpoints: take(from?.endpoints, report.endpoints.map(ofEndpoint)),
    lost: { before: from?.lost.before ?? 0, last: report.lost },
  }
  return new Map([...withoutSilent(ledger, nowMs), [report.edge, edge]])
}

export function totalOf({ before, last }: Pick<Series, 'before' | 'last'>): Numbers {
  return sum(before, last)
}

export interface Grown {
  readonly numbers: Numbers
  /** In how much time. */
  readonly overMs: number
}

/** How much a series has grown within the window; undefined while that is not known. */
export function grownOf({ samples }: Series, nowMs: number): Grown | undefined {
  const newest = samples.at(-1)
  const from = samples.findLast(({ atMs }) => atMs <= nowMs - WINDOW_MS) ?? samples[0]
  if (newest === undefined || from === undefined) return undefined
  const overMs = Math.min(WINDOW_MS, nowMs - from.atMs)
  if (overMs <= 0 || (from === newest && overMs < WINDOW_MS)) return undefined
  return { numbers: newest.numbers.map((number, at) => number - (from.numbers[at] ?? 0)), overMs }
}

export function sum(a: Numbers, b: Numbers): Numbers {
  const [long, short] = a.length >= b.length ? [a, b] : [b, a]
  return long.map((number, at) => number + (short[at] ?? 0))
}

/** Requests by class, in the order of `STATUS_CLASSES`. */
export function statusesIn(numbers: Numbers): Numbers {
  return numbers.slice(0, CLASSES)
}

export function durationsIn(
  numbers: Numbers,
  which: 'endpoint' | 'whole',
): { readonly sumMs: number; readonly buckets: Numbers } {
  const at = CLASSES + (which === 'endpoint' ? 0 : 1 + BUCKETS)
  return { sumMs: numbers[at] ?? 0, buckets: numbers.slice(at + 1, at + 1 + BUCKETS) }
}

type Said = readonly [key: string, numbers: Numbers]

function ofRoute({ key, statuses, endpoint, whole }: RouteRequests): Said {
  const durations = [endpoint.sumMs, ...endpoint.buckets, whole.sumMs, ...whole.buckets]
  return [key, [...statuses, ...durations]]
}

function ofEndpoint({ key, statuses, endpoint }: EndpointRequests): Said {
  return [key, [...statuses, endpoint.sumMs, ...endpoint.buckets]]
}

interface When {
  readonly nowMs: number
  readonly zeroMs: number | undefined
}

function changeSeries(before: SeriesByKey, said: readonly Said[], when: When): SeriesByKey {
  const after = new Map([...before].filter(([, it]) => when.nowMs - it.heardMs < FORGOTTEN_MS))
  for (const [key, last] of said) after.set(key, grow(after.get(key), last, when))
  return after
}

function grow(known: Series | undefined, last: Numbers, { nowMs, zeroMs }: When): Series {
  const before = known?.before ?? []
  const sample = { atMs: nowMs, numbers: sum(before, last) }
  const zero = zeroMs === undefined ? [] : [{ atMs: zeroMs, numbers: [] }]
  const samples = [...(known?.samples ?? zero), sample].slice(-SAMPLES_MAX)
  return { before, last, heardMs: nowMs, samples }
}

function newLife(edge: EdgeRequests): EdgeRequests {
  const renewed = (list: SeriesByKey): SeriesByKey =>
    new Map([...list].map(([key, it]) => [key, { ...it, before: totalOf(it), last: [] }]))
  const { lost, routes, endpoints } = edge
  return {
    ...edge,
    routes: renewed(routes),
    endpoints: renewed(endpoints),
    lost: { before: lost.before + lost.last, last: 0 },
  }
}

function withoutSilent(ledger: RequestLedger, nowMs: number): RequestLedger {
  return new Map([...ledger].filter(([, edge]) => nowMs - edge.heardMs < FORGOTTEN_MS))
}
