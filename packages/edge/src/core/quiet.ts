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
  /**
   * Addresses outside of the first table of this life that were in use when it came to be quiet: they
   * left in a life before, and nobody remembers whose they were. Undefined until somebody has looked.
   */
  readonly strangers: ReadonlySet<string> | undefined
}

export const emptyBook: QuietBook = {
  waiting: [],
  quiet: undefined,
  leaving: new Map(),
  strangers: undefined,
}

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
  const old = changes.flatMap((change) => change.before?.endpoints ?? [])
  const peers = new Set(here.map(peerOf))
  const leaving = new Map(
    // Whoever came back is in use again; an address that somebody else has tells nothing of the old.
    [...book.leaving].filter(([, { endpoint }]) => !peers.has(peerOf(endpoint))),
  )
  const gone = old.filter((it) => !peers.has(peerOf(it)))
  for (const endpoint of gone.slice(-LEAVING_MAX)) {
    leaving.set(placeOf(endpoint), { endpoint, sinceMs: nowMs, requests: 0, isAlone: false })
  }
  const strangers = book.strangers && new Set([...book.strangers].filter((it) => !peers.has(it)))
  return {
    waiting,
    quiet: book.quiet,
    leaving: new Map([...leaving].slice(-LEAVING_MAX)),
    strangers,
  }
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
  const strangers = strangersAt(book, seen, table, nowMs)
  if (strangers?.size !== 0) return { ...book, leaving, strangers }
  const isQuiet = isQuietAt(nowMs)
  return {
    waiting: book.waiting.filter((it) => !isQuiet(it)),
    quiet: book.waiting.findLast(isQuiet)?.stamp ?? book.quiet,
    leaving,
    strangers,
  }
}

/** Whether somebody may be in use who left: then nginx must be asked. */
export function mayBeBusy({ leaving, strangers }: QuietBook): boolean {
  return leaving.size > 0 || strangers?.size !== 0
}

/** When a table becomes quiet next by itself; undefined when there is nothing to wait for. */
export function quietAtMs({ waiting, strangers }: QuietBook): number | undefined {
  const [first] = strangers === undefined || strangers.size === 0 ? waiting : []
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

function strangersAt(
  book: QuietBook,
  seen: Seen,
  table: EdgeTable | undefined,
  nowMs: number,
): ReadonlySet<string> | undefined {
  const { strangers, waiting, leaving } = book
  if (strangers === undefined) {
    // Before, requests may be on their way to what left.
    if (!waiting.some(isQuietAt(nowMs))) return undefined
    const here = table?.services.flatMap(({ endpoints }) => endpoints.map(peerOf)) ?? []
    const left = [...leaving.values()].map(({ endpoint }) => peerOf(endpoint))
    const known = new Set([...here, ...left])
    return new Set([...seen.requests.keys()].filter((peer) => !known.has(peer)))
  }
  const sinceMs = waiting[0]?.sinceMs ?? nowMs
  const areUpgraded = seen.counts === 'connections' && nowMs - sinceMs > CONNECTION_MS_MAX
  if (areUpgraded) return new Set()
  return strangers.size === 0
    ? strangers
    : new Set([...strangers].filter((peer) => seen.requests.has(peer)))
}

function isQuietAt(nowMs: number): (table: { readonly sinceMs: number }) => boolean {
  return ({ sinceMs }) => nowMs - sinceMs >= QUIET_MS
}

function isUsed(table: EdgeTable | undefined, { address, port }: TableEndpoint): boolean {
  const isThere = (it: TableEndpoint) => it.address === address && it.port === port
  return table?.services.some((service) => service.endpoints.some(isThere)) ?? false
}

function placeOf(endpoint: TableEndpoint): string {
  return `${endpoint.host} ${endpoint.container} ${peerOf(endpoint)}`
}
