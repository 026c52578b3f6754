import type { Busy, TableStamp } from '@roadstead/shared/protocol/edge-status.ts'
import type { TableEndpoint } from '@roadstead/shared/protocol/table.ts'
import { differences } from './differences.ts'
import { byService, type EdgeTable, peerOf } from './table.ts'

/** After this nobody who looked up an endpoint in an older table is still about to ask it. */
export const QUIET_MS = 250
/** Tables on their way to being quiet; of more than these the newest ones count as one. */
const WAITING_MAX = 32
/** Endpoints that are followed after they left; of more than these the oldest are forgotten. */
const LEAVING_MAX = 1_000
/** What fits into one status. */
const BUSY_MAX = 200
/**
 * In the reload tier only connections can be counted. One that a replaced worker still has after so
 * long has most likely been upgraded, and would never end by itself.
 */
const CONNECTION_MS_MAX = 5_000

interface Leaving {
  readonly endpoint: TableEndpoint
  readonly sinceMs: number
  readonly requests: number
  /** Nobody else in the table has this address, so its requests are those of this endpoint. */
  readonly isAlone: boolean
}

/** What is known about the end of use of what left. */
export interface QuietBook {
  /** Tables that came in force and are not quiet yet, oldest first. */
  readonly waiting: readonly { readonly stamp: TableStamp; readonly sinceMs: number }[]
  readonly quiet: TableStamp | undefined
  /** By host, container and address. */
  readonly leaving: ReadonlyMap<string, Leaving>
}

export const emptyBook: QuietBook = { waiting: [], quiet: undefined, leaving: new Map() }

/** A table came in force. What it has no more is followed until nobody uses it. */
export function arrive(
  book: QuietBook,
  before: EdgeTable | undefined,
  { table, stamp }: { readonly table: EdgeTable; readonly stamp: TableStamp },
  nowMs: number,
): QuietBook {
  const waiting = [...book.waiting.slice(0, WAITING_MAX - 1), { stamp, sinceMs: nowMs }]
  if (before === undefined || before === table) return { ...book, waiting }
  const changes = differences(before.services, table.services, byService)
  const here = changes.flatMap((change) => change.after?.endpoints ?? [])
  const gone = changes.flatMap((change) => change.before?.endpoints ?? [])
  const peers = new Set(here.map(peerOf))
  const leaving = new Map(
    // Whoever came back is in use again; an address that somebody else has tells nothing of the old.
    [...book.leaving].filter(([, { endpoint }]) => !peers.has(peerOf(endpoint))),
  )
  for (const endpoint of gone.filter((it) => !peers.has(peerOf(it)))) {
    leaving.set(placeOf(endpoint), { endpoint, sinceMs: nowMs, requests: 0, isAlone: false })
  }
  return { ...book, waiting, leaving: new Map([...leaving].slice(-LEAVING_MAX)) }
}

/** What was seen of nginx. */
export interface Seen {
  /** By address: requests under way, or connections of replaced workers. */
  readonly requests: ReadonlyMap<string, number>
  readonly counts: 'requests' | 'connections'
}

/**
 * The book after a look at nginx.
 *
 * @param table in force; asked only for endpoints that are seen in use, whether another service of it
 *   leads there.
 */
export function look(
  book: QuietBook,
  seen: Seen,
  table: EdgeTable | undefined,
  nowMs: number,
): QuietBook {
  const leaving = new Map<string, Leaving>()
  for (const [key, it] of book.leaving) {
    const ageMs = nowMs - it.sinceMs
    const isUpgraded = seen.counts === 'connections' && ageMs > CONNECTION_MS_MAX
    const requests = isUpgraded ? 0 : (seen.requests.get(peerOf(it.endpoint)) ?? 0)
    const isAlone = it.isAlone || (requests > 0 && !isUsed(table, it.endpoint))
    if (requests > 0 && !isAlone) continue
    if (requests > 0 || ageMs < QUIET_MS) leaving.set(key, { ...it, requests, isAlone })
  }
  const isQuiet = ({ sinceMs }: { readonly sinceMs: number }) => nowMs - sinceMs >= QUIET_MS
  return {
    waiting: book.waiting.filter((it) => !isQuiet(it)),
    quiet: book.waiting.findLast(isQuiet)?.stamp ?? book.quiet,
    leaving,
  }
}

/** When a table becomes quiet next; undefined when there is nothing to wait for. */
export function quietAtMs({ waiting }: QuietBook): number | undefined {
  const [first] = waiting
  return first === undefined ? undefined : first.sinceMs + QUIET_MS
}

/** Containers that left the table and still have something to answer. */
export function busyOf({ leaving }: QuietBook): Busy[] {
  const busy = [...leaving.values()].filter(({ requests }) => requests > 0)
  const byContainer = Map.groupBy(busy, ({ endpoint: it }) => `${it.host} ${it.container}`)
  return [...byContainer.values()].slice(0, BUSY_MAX).flatMap((list) => {
    const [first] = list
    if (first === undefined) return []
    const { host, container } = first.endpoint
    return [{ host, container, requests: list.reduce((sum, it) => sum + it.requests, 0) }]
  })
}

function isUsed(table: EdgeTable | undefined, { address, port }: TableEndpoint): boolean {
  const isThere = (it: TableEndpoint) => it.address === address && it.port === port
  return table?.services.some((service) => service.endpoints.some(isThere)) ?? false
}

function placeOf(endpoint: TableEndpoint): string {
  return `${endpoint.host} ${endpoint.container} ${peerOf(endpoint)}`
}
