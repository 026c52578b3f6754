import type { Busy, TableStamp } from '@roadstead/shared/protocol/edge-status.ts'
import type { TableEndpoint } from '@roadstead/shared/protocol/table.ts'
import { differences } from './differences.ts'
import { byService, type EdgeTable, peerOf } from './table.ts'

/** After this nobody who looked up an endpoint in an older table is still about to ask it. */
export const QUIET_MS = 250
/** Tables on their way to being quiet; of more than these the newest ones count as one. */
const WAITING_MAX = 32
/**
 * Endpoints that are followed by name after they left. Of more than these the oldest are forgotten, and
 * nothing is quiet until everybody outside of the table has ended.
 */
const LEAVING_MAX = 1_000
/** What fits into one status. */
const BUSY_MAX = 200
/**
 * In the reload tier, and of streams in both, only connections can be counted. One that a replaced
 * worker still has after so long has most likely been upgraded, or is one of a database, and would
 * never end by itself.
 */
const CONNECTION_MS_MAX = 5_000
/**
 * As long as a run waits for an edge. One endless stream to somebody who is out of service would else keep
 * every container behind this edge unquiet, for as long as it lasts.
 */
const STRANGERS_MS_MAX = 20_000
/** Who has not ended by then takes long: a download, a stream. Its end is looked for less often. */
const LONG_MS = 5_000
const LONG_POLL_MS = 500
/** Names in one question, which fits into what nginx reads at once. More are not cheaper than all. */
const ASKED_MAX = 2_000

interface Leaving {
  readonly endpoint: TableEndpoint
  readonly sinceMs: number
  readonly requests: number
  /** Nobody else in the table has this address, so its requests are those of this endpoint. */
  readonly isAlone: boolean
  /** It has connections that only processes tell of, in the live tier as well. */
  readonly isStream: boolean
}

/** What is known about the end of use of what left. */
export interface QuietBook {
  /** Tables that came in force and are not quiet yet, oldest first. */
  readonly waiting: readonly { readonly stamp: TableStamp; readonly sinceMs: number }[]
  readonly quiet: TableStamp | undefined
  /** By host, container and address. */
  readonly leaving: ReadonlyMap<string, Leaving>
  /**
   * Addresses outside of the table that were in use, and nobody remembers whose they were: they left in
   * a life before, or were too many. Undefined until somebody has looked at all that is in use.
   */
  readonly strangers: ReadonlySet<string> | undefined
  /** When the last of them may have left: a look before they can all be seen would miss some. */
  readonly strangersSinceMs: number | undefined
}

export const emptyBook: QuietBook = {
  waiting: [],
  quiet: undefined,
  leaving: new Map(),
  strangers: undefined,
  strangersSinceMs: undefined,
}

/**
 * The book when nginx is gone: it comes back with what is on the disk, which may lead to who left, so
 * nothing becomes quiet before a table has come in force again.
 */
export function startAgain(book: QuietBook): QuietBook {
  return { ...book, strangers: undefined, strangersSinceMs: undefined }
}

/** A table came in force. What it has no more is followed until nobody uses it. */
export function arrive(
  book: QuietBook,
  before: EdgeTable | undefined,
  { table, stamp }: { readonly table: EdgeTable; readonly stamp: TableStamp },
  nowMs: number,
): QuietBook {
  const waiting = [...book.waiting.slice(0, WAITING_MAX - 1), { stamp, sinceMs: nowMs }]
  const { strangersSinceMs = nowMs } = book
  if (before === undefined || before === table) return { ...book, waiting, strangersSinceMs }
  const changes = differences(before.services, table.services, byService)
  const here = changes.flatMap((change) => change.after?.endpoints ?? [])
  const peers = new Set(here.map(peerOf))
  const leaving = new Map(
    // Whoever came back is in use again; an address that somebody else has tells nothing of the old.
    [...book.leaving].filter(([, { endpoint }]) => !peers.has(peerOf(endpoint))),
  )
  for (const { before: service } of changes) {
    const isStream = service?.protocol !== undefined
    for (const endpoint of service?.endpoints ?? []) {
      if (peers.has(peerOf(endpoint))) continue
      const fresh = { endpoint, sinceMs: nowMs, requests: 0, isAlone: false, isStream }
      leaving.set(placeOf(endpoint), fresh)
    }
  }
  const known = { waiting, quiet: book.quiet, leaving: new Map([...leaving].slice(-LEAVING_MAX)) }
  if (leaving.size > LEAVING_MAX) return { ...known, strangers: undefined, strangersSinceMs: nowMs }
  const strangers = book.strangers && new Set([...book.strangers].filter((it) => !peers.has(it)))
  return { ...known, strangers, strangersSinceMs }
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
 * @param nowMs when nginx was asked: of what came after that, the answer says nothing.
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
    const isConnection = it.isStream || seen.counts === 'connections'
    const isUpgraded = isConnection && ageMs > CONNECTION_MS_MAX
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
    strangersSinceMs: book.strangersSinceMs,
  }
}

/** Whether somebody may be in use who left: then nginx must be asked. */
export function mayBeBusy({ leaving, strangers }: QuietBook): boolean {
  return leaving.size > 0 || strangers?.size !== 0
}

/** Addresses of those who left and have connections that must be counted, instead of requests. */
export function leavingStreams({ leaving }: QuietBook): ReadonlySet<string> {
  const streams = [...leaving.values()].filter(({ isStream }) => isStream)
  return new Set(streams.map(({ endpoint }) => peerOf(endpoint)))
}

/** Addresses that nginx must be asked about; undefined when it is all that are in use. */
export function askedFor({ leaving, strangers }: QuietBook): ReadonlySet<string> | undefined {
  if (strangers === undefined || strangers.size + leaving.size > ASKED_MAX) return undefined
  return new Set([...strangers, ...Array.from(leaving.values(), (it) => peerOf(it.endpoint))])
}

/**
 * When to look next; undefined when there is nothing to wait for.
 *
 * @param pollMs how often those who left are looked at, at first.
 */
export function nextLookMs(book: QuietBook, nowMs: number, pollMs: number): number | undefined {
  const { leaving, strangers, strangersSinceMs = -Infinity } = book
  const times = [quietAtMs(book) ?? Infinity]
  if (leaving.size > 0 || (strangers?.size ?? 0) > 0) {
    const young = Math.max(strangersSinceMs, ...Array.from(leaving.values(), (it) => it.sinceMs))
    times.push(nowMs + (nowMs - young > LONG_MS ? LONG_POLL_MS : pollMs))
  }
  const atMs = Math.min(...times)
  return Number.isFinite(atMs) ? atMs : undefined
}

/** When a table becomes quiet next by itself; undefined when there is nothing to wait for. */
export function quietAtMs(book: QuietBook): number | undefined {
  const { waiting, strangers, strangersSinceMs } = book
  const [first] = strangers === undefined || strangers.size === 0 ? waiting : []
  if (first === undefined) return undefined
  const lookedAtMs = strangers === undefined ? strangersSinceMs : first.sinceMs
  return lookedAtMs === undefined ? undefined : Math.max(first.sinceMs, lookedAtMs) + QUIET_MS
}

/** Containers that left the table and still have something to answer. */
export interface BusyContainers {
  readonly busy: readonly Busy[]
  /** There are others that are not named. */
  readonly busyMore: boolean
}

export function busyOf({ leaving }: QuietBook): BusyContainers {
  const inUse = [...leaving.values()].filter(({ requests }) => requests > 0)
  const byContainer = Map.groupBy(inUse, ({ endpoint: it }) => `${it.host} ${it.container}`)
  const busy = [...byContainer.values()].slice(0, BUSY_MAX).flatMap((list) => {
    const [first] = list
    if (first === undefined) return []
    const { host, container } = first.endpoint
    return [{ host, container, requests: list.reduce((sum, it) => sum + it.requests, 0) }]
  })
  return { busy, busyMore: byContainer.size > BUSY_MAX }
}

function strangersAt(
  book: QuietBook,
  seen: Seen,
  table: EdgeTable | undefined,
  nowMs: number,
): ReadonlySet<string> | undefined {
  const { strangers, strangersSinceMs, leaving } = book
  if (strangersSinceMs === undefined) return undefined
  if (strangers === undefined) {
    // Before, requests may be on their way to what left.
    if (nowMs - strangersSinceMs < QUIET_MS) return undefined
    const here = table?.services.flatMap(({ endpoints }) => endpoints.map(peerOf)) ?? []
    const left = [...leaving.values()].map(({ endpoint }) => peerOf(endpoint))
    const known = new Set([...here, ...left])
    return new Set([...seen.requests.keys()].filter((peer) => !known.has(peer)))
  }
  const ageMs = nowMs - strangersSinceMs
  if (ageMs > (seen.counts === 'connections' ? CONNECTION_MS_MAX : STRANGERS_MS_MAX))
    return new Set()
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
