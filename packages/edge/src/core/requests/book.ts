import type { InstanceId, SiteId, EdgeId } from '@roadstead/shared/kernel/ids.ts'
import {
  type EndpointRequests,
  NOBODY,
  type RequestReport,
  REST,
  type RouteRequests,
  SERIES_PER_REPORT_MAX,
} from '@roadstead/shared/protocol/request-report.ts'
import {
  type Counts,
  type CountsByKey,
  durationsOf,
  statusesOf,
  sumOf,
  type Tally,
} from './counts.ts'

/** Everything that this edge has counted since it began, and what the masters have not been told yet. */
export interface Book {
  readonly routes: CountsByKey
  readonly endpoints: CountsByKey
  readonly untold: { readonly routes: ReadonlySet<string>; readonly endpoints: ReadonlySet<string> }
  readonly lost: number
}

export const emptyBook: Book = {
  routes: new Map(),
  endpoints: new Map(),
  untold: { routes: new Set(), endpoints: new Set() },
  lost: 0,
}

/** What may have a series of its own: whatever the table in force has. */
export interface Known {
  readonly routes: ReadonlySet<string>
  readonly endpoints: ReadonlySet<string>
  /** Series of each kind. */
  readonly seriesMax: number
}

/**
 * Adds what was counted. A series, once there, stays as long as there is room, also when its route has
 * left the table: what is told of it never decreases. What has none is counted under one name.
 */
export function addTally(book: Book, tally: Tally, lost: number, known: Known): Book {
  const routes = addCounts(book.routes, tally.routes, known.routes, known.seriesMax)
  const endpoints = addCounts(book.endpoints, tally.endpoints, known.endpoints, known.seriesMax)
  return {
    routes: routes.counts,
    endpoints: endpoints.counts,
    untold: {
      routes: new Set([...book.untold.routes, ...routes.touched]),
      endpoints: new Set([...book.untold.endpoints, ...endpoints.touched]),
    },
    lost: book.lost + lost,
  }
}

function addCounts(
  before: CountsByKey,
  added: CountsByKey,
  known: ReadonlySet<string>,
  seriesMax: number,
): { readonly counts: CountsByKey; readonly touched: ReadonlySet<string> } {
  if (added.size === 0) return { counts: before, touched: new Set() }
  const counts = new Map(before)
  const touched = new Set<string>()
  for (const [key, numbers] of added) {
    const hasPlace =
      counts.has(key) || (known.has(key) && makeRoom(counts, known, seriesMax, touched))
    const name = hasPlace || key === NOBODY ? key : REST
    counts.set(name, sumOf(counts.get(name), numbers))
    touched.add(name)
  }
  return { counts, touched }
}

/** Whoever left the table makes way for who is in it. */
function makeRoom(
  counts: Map<string, Counts>,
  known: ReadonlySet<string>,
  seriesMax: number,
  touched: Set<string>,
): boolean {
  if (counts.size < seriesMax) return true
  for (const [key, numbers] of counts) {
    if (known.has(key) || key === REST || key === NOBODY) continue
    counts.delete(key)
    counts.set(REST, sumOf(counts.get(REST), numbers))
    touched.add(REST)
    return true
  }
  return false
}

interface Speaker {
  readonly site: SiteId
  readonly edge: EdgeId
  readonly instance: InstanceId
}

/**
 * What masters are told now: series that have changed, or all of them, in messages of bounded size. At
 * least one: it says that nothing else has changed.
 *
 * @param seq of the first message.
 */
export function reportsOf(
  book: Book,
  speaker: Speaker,
  seq: number,
  which: 'changed' | 'all',
): readonly RequestReport[] {
  const routes = inParts(book.routes, which === 'all' ? undefined : book.untold.routes)
  const endpoints = inParts(book.endpoints, which === 'all' ? undefined : book.untold.endpoints)
  const count = Math.max(routes.length, endpoints.length, 1)
  return Array.from({ length: count }, (_, at) => ({
    v: 1 as const,
    ...speaker,
    seq: seq + at,
    routes: (routes[at] ?? []).map(routeRequests),
    endpoints: (endpoints[at] ?? []).map(endpointRequests),
    lost: book.lost,
  }))
}

export function told(book: Book): Book {
  return { ...book, untold: emptyBook.untold }
}

type Series = readonly [key: string, counts: Counts]

function inParts(counts: CountsByKey, only: ReadonlySet<string> | undefined): readonly Series[][] {
  const list = [...counts].filter(([key]) => only === undefined || only.has(key))
  const parts: Series[][] = []
  for (let at = 0; at < list.length; at += SERIES_PER_REPORT_MAX) {
    parts.push(list.slice(at, at + SERIES_PER_REPORT_MAX))
  }
  return parts
}

function routeRequests([key, counts]: Series): RouteRequests {
  const [whole, endpoint] = [durationsOf(counts, 0), durationsOf(counts, 1)]
  return { key, statuses: statusesOf(counts), whole, endpoint }
}

function endpointRequests([key, counts]: Series): EndpointRequests {
  return { key, statuses: statusesOf(counts), endpoint: durationsOf(counts, 0) }
}
