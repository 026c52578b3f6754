import type {
  TableEndpoint,
  TableRoute,
  TableService,
  TableSlice,
} from '@roadstead/shared/protocol/table.ts'
import { place } from './differences.ts'

/** A whole table as this edge uses it, in an order that does not depend on how it was sliced. */
export interface EdgeTable {
  /** Sorted by id. */
  readonly services: readonly TableService[]
  /** Sorted by domain, path, match. */
  readonly routes: readonly TableRoute[]
}

export const emptyTable: EdgeTable = { services: [], routes: [] }

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
  if (hasTwins(services, byService))
    return { kind: 'inconsistent', why: 'a service is there twice' }
  if (hasTwins(routes, byRoute)) return { kind: 'inconsistent', why: 'a route is there twice' }
  const isThere = (id: string) => serviceOf({ services, routes }, id) !== undefined
  const lost = gone.flatMap((slice) => slice.services).filter(({ id }) => !isThere(id))
  const lostIds = new Set(lost.map(({ id }) => id))
  if (
    fresh.some((slice) => slice.routes.some((route) => !isThere(route.service))) ||
    (lostIds.size > 0 && routes.some((route) => lostIds.has(route.service)))
  ) {
    return { kind: 'inconsistent', why: 'a route leads to a service that is not there' }
  }
  return { kind: 'table', table: { services, routes } }
}

/** What makes a route that route, whatever it leads to. Blanks cannot occur inside. */
export function routeKey(route: Pick<TableRoute, 'domain' | 'path' | 'match'>): string {
  return `${route.domain} ${route.path} ${route.match}`
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

export function serviceOf(table: EdgeTable, id: string): TableService | undefined {
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

export function byRoute(a: TableRoute, b: TableRoute): number {
  return order(a.domain, b.domain) || order(a.path, b.path) || order(a.match, b.match)
}

function order(a: string, b: string): number {
  if (a === b) return 0
  return a < b ? -1 : 1
}

interface Lists<Item> {
  readonly gone: readonly Item[]
  readonly fresh: readonly Item[]
}

function listsOf<Part extends 'services' | 'routes'>(
  gone: readonly TableSlice[],
  fresh: readonly TableSlice[],
  part: Part,
): Lists<TableSlice[Part][number]> {
  return {
    gone: gone.flatMap<TableSlice[Part][number]>((slice) => slice[part]),
    fresh: fresh.flatMap<TableSlice[Part][number]>((slice) => slice[part]),
  }
}

/** The list without what is gone and with what is fresh; what is equal to what was there stays it. */
function merge<Item extends Partial<TableService & TableRoute>>(
  list: readonly Item[],
  { gone, fresh }: Lists<Item>,
  compare: (a: Item, b: Item) => number,
): readonly Item[] {
  if (gone.length === 0 && fresh.length === 0) return list
  // Most of the list is of other names, which is seen without a comparison of its own.
  const names = new Set(gone.map(nameOf))
  const sortedGone = gone.toSorted(compare)
  const isGone = (item: Item) => names.has(nameOf(item)) && isIn(sortedGone, item, compare)
  const left = list.filter(isGone)
  const added = fresh.toSorted(compare).map((item) => {
    const before = left[place(left, (other) => compare(other, item))]
    return before !== undefined && JSON.stringify(before) === JSON.stringify(item) ? before : item
  })
  const merged: Item[] = []
  let next = 0
  for (const item of list) {
    if (isGone(item)) continue
    for (let young = added[next]; young !== undefined; young = added[next]) {
      if (compare(young, item) > 0) break
      merged.push(young)
      next += 1
    }
    merged.push(item)
  }
  for (const item of added.slice(next)) merged.push(item)
  return merged
}

function nameOf(item: Partial<TableService & TableRoute>): string | undefined {
  return item.domain ?? item.id
}

function isIn<Item>(
  sorted: readonly Item[],
  item: Item,
  compare: (a: Item, b: Item) => number,
): boolean {
  const found = sorted[place(sorted, (other) => compare(other, item))]
  return found !== undefined && compare(found, item) === 0
}

function hasTwins<Item>(sorted: readonly Item[], compare: (a: Item, b: Item) => number): boolean {
  return sorted.some((item, at) => {
    const before = at === 0 ? undefined : sorted[at - 1]
    return before !== undefined && compare(before, item) === 0
  })
}
