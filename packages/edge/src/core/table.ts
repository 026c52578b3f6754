import { listenName } from '@roadstead/shared/protocol/listen.ts'
import { PathPattern } from '@roadstead/shared/protocol/route.ts'
import { routeKey, streamKey } from '@roadstead/shared/protocol/route-key.ts'
import type { ToldRoute } from '@roadstead/shared/protocol/edge-status.ts'
import type {
  TableEndpoint,
  TableRoute,
  TableService,
  TableSlice,
  TableStream,
} from '@roadstead/shared/protocol/table.ts'
import { differences, place } from './differences.ts'

/** A whole table as this edge uses it, in an order that does not depend on how it was sliced. */
export interface EdgeTable {
  /** Sorted by id. */
  readonly services: readonly TableService[]
  /** Sorted by domain, path, match, and by key where these are the same. */
  readonly routes: readonly TableRoute[]
  /** Sorted by protocol and port. */
  readonly streams: readonly TableStream[]
}

export const emptyTable: EdgeTable = { services: [], routes: [], streams: [] }

/** A table, and the slices that it was joined from. */
export interface Joined {
  readonly slices: readonly TableSlice[]
  readonly table: EdgeTable
}

export const nothingJoined: Joined = { slices: [], table: emptyTable }

export type Assembled =
  | { readonly kind: 'table'; readonly table: EdgeTable }
  | { readonly kind: 'inconsistent'; readonly why: string }

/**
 * Joins the slices of one manifest. What contradicts itself is refused whole: no part is guessed.
 *
 * @param before what was joined the last time. Only slices that are not among its slices are looked
 *   into, and what is equal in them keeps its object: see `differences`.
 */
export function assemble(slices: readonly TableSlice[], before = nothingJoined): Assembled {
  const now = new Set(slices)
  const then = new Set(before.slices)
  const gone = before.slices.filter((slice) => !now.has(slice))
  const fresh = slices.filter((slice) => !then.has(slice))
  const services = merge(before.table.services, listsOf(gone, fresh, 'services'), byService)
  const routes = merge(before.table.routes, listsOf(gone, fresh, 'routes'), byRoute)
  const streams = merge(before.table.streams, listsOf(gone, fresh, 'streams'), byStream)
  if (streams === undefined) return { kind: 'inconsistent', why: 'a stream is there twice' }
  if (services === undefined) return { kind: 'inconsistent', why: 'a service is there twice' }
  if (routes === undefined) return { kind: 'inconsistent', why: 'a route is there twice' }
  const isThere = (id: string) => serviceOf({ services }, id) !== undefined
  const lost = gone.flatMap((slice) => slice.services).filter(({ id }) => !isThere(id))
  const lostIds = new Set(lost.map(({ id }) => id))
  const leading = (slice: TableSlice) => [...slice.routes, ...(slice.streams ?? [])]
  if (
    fresh.some((slice) => leading(slice).some(({ service }) => !isThere(service))) ||
    (lostIds.size > 0 && [...routes, ...streams].some(({ service }) => lostIds.has(service)))
  ) {
    return { kind: 'inconsistent', why: 'a route leads to a service that is not there' }
  }
  return { kind: 'table', table: { services, routes, streams } }
}

/** A route as others are told of it: its settings may hold hashes of words, and are long. */
export function toldRoute(route: TableRoute | TableStream): ToldRoute {
  if (isStream(route)) {
    const { listen: port, protocol, service } = route
    const domain = listenName({ protocol, port })
    return { domain, path: WHOLE, match: 'prefix', stripPrefix: false, service }
  }
  const { domain, path, match, stripPrefix, service, when } = route
  const place = { domain, path, match, stripPrefix, service }
  return when === undefined ? place : { ...place, when }
}

/** A stream has no paths. */
const WHOLE = PathPattern.parse('/')

function isStream(route: TableRoute | TableStream): route is TableStream {
  return 'listen' in route
}

/** The key of a route, by name or by port. */
export function keyOf(route: TableRoute | TableStream): string {
  return isStream(route) ? streamKey(route) : routeKey(route)
}

/** One endpoint within one service; the id of the service is what stands before the first blank. */
export function endpointKey(service: string, endpoint: TableEndpoint): string {
  return `${service} ${endpoint.host} ${endpoint.container} ${peerOf(endpoint)}`
}

/** The part before the first blank: the service of an endpoint's key, the domain of a route's. */
export function headOf(key: string): string {
  const end = key.indexOf(' ')
  return end === -1 ? key : key.slice(0, end)
}

/** Where an endpoint listens, as text for nginx and for people. */
export function peerOf({ address, port }: Pick<TableEndpoint, 'address' | 'port'>): string {
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`
}

export function endpointCount(table: EdgeTable): number {
  return table.services.reduce((sum, service) => sum + service.endpoints.length, 0)
}

export function serviceOf(
  table: Pick<EdgeTable, 'services'>,
  id: string,
): TableService | undefined {
  const found = table.services[place(table.services, (service) => order(service.id, id))]
  return found?.id === id ? found : undefined
}

/** The routes of one domain, sorted as in the table. */
export function routesOf(table: EdgeTable, domain: string): readonly TableRoute[] {
  const { routes } = table
  const start = place(routes, (route) => order(route.domain, domain))
  let end = start
  while (routes[end]?.domain === domain) end += 1
  return routes.slice(start, end)
}

export function byService(a: TableService, b: TableService): number {
  return order(a.id, b.id)
}

export function byStream(a: TableStream, b: TableStream): number {
  return order(a.protocol, b.protocol) || a.listen - b.listen
}

/** Routes of one place differ by their conditions, which only few have. */
export function byRoute(a: TableRoute, b: TableRoute): number {
  const inPlace = order(a.domain, b.domain) || order(a.path, b.path) || order(a.match, b.match)
  if (inPlace !== 0 || (a.when === undefined && b.when === undefined)) return inPlace
  return order(routeKey(a), routeKey(b))
}

function order(a: string, b: string): number {
  if (a === b) return 0
  return a < b ? -1 : 1
}

interface Lists<Item> {
  readonly gone: readonly Item[]
  readonly fresh: readonly Item[]
}

type Part<Name extends keyof TableSlice> = NonNullable<TableSlice[Name]>[number]

function listsOf<Name extends keyof TableSlice>(
  gone: readonly TableSlice[],
  fresh: readonly TableSlice[],
  name: Name,
): Lists<Part<Name>> {
  const partsOf = (slices: readonly TableSlice[]) =>
    slices.flatMap<Part<Name>>((slice) => slice[name] ?? [])
  return { gone: partsOf(gone), fresh: partsOf(fresh) }
}

/**
 * The list without what is gone and with what is fresh; what is equal to what was there stays it.
 * Only the places of the changes are looked at. Undefined when something is there twice.
 */
function merge<Item>(
  list: readonly Item[],
  { gone, fresh }: Lists<Item>,
  compare: (a: Item, b: Item) => number,
): readonly Item[] | undefined {
  const added = fresh.toSorted(compare)
  if (added.some((item, at) => isTwin(item, added[at + 1], compare))) return undefined
  const parts: (readonly Item[])[] = []
  let done = 0
  for (const { before: old, after: young } of differences(gone.toSorted(compare), added, compare)) {
    const item = young ?? old
    if (item === undefined) continue
    const at = place(list, (other) => compare(other, item))
    const there = list[at]
    const isThere = there !== undefined && compare(there, item) === 0
    if (old === undefined && isThere) return undefined
    const isSame = young !== undefined && JSON.stringify(there) === JSON.stringify(young)
    if (isSame) continue
    parts.push(list.slice(done, at), young === undefined ? [] : [young])
    done = isThere ? at + 1 : at
  }
  return parts.length === 0 ? list : [...parts, list.slice(done)].flat()
}

function isTwin<Item>(
  item: Item,
  next: Item | undefined,
  compare: (a: Item, b: Item) => number,
): boolean {
  return next !== undefined && compare(item, next) === 0
}
