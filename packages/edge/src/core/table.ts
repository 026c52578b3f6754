import type {
  TableEndpoint,
  TableRoute,
  TableService,
  TableSlice,
} from '@roadstead/shared/protocol/table.ts'

/** A whole table as this edge uses it, in an order that does not depend on how it was sliced. */
export interface EdgeTable {
  /** Sorted by id. */
  readonly services: readonly TableService[]
  /** Sorted by domain, path, match. */
  readonly routes: readonly TableRoute[]
}

export const emptyTable: EdgeTable = { services: [], routes: [] }

export type Assembled =
  | { readonly kind: 'table'; readonly table: EdgeTable }
  | { readonly kind: 'inconsistent'; readonly why: string }

/** Joins the slices of one manifest. What contradicts itself is refused whole: no part is guessed. */
export function assemble(slices: readonly TableSlice[]): Assembled {
  const services = slices.flatMap((slice) => slice.services).sort((a, b) => order(a.id, b.id))
  const routes = slices.flatMap((slice) => slice.routes).sort(byRoute)
  const ids = new Set(services.map((service) => service.id))
  if (ids.size !== services.length) return { kind: 'inconsistent', why: 'a service is there twice' }
  const keys = new Set(routes.map(routeKey))
  if (keys.size !== routes.length) return { kind: 'inconsistent', why: 'a route is there twice' }
  if (routes.some((route) => !ids.has(route.service))) {
    return { kind: 'inconsistent', why: 'a route leads to a service that is not there' }
  }
  return { kind: 'table', table: { services, routes } }
}

/** What makes a route that route, whatever it leads to. Blanks cannot occur inside. */
export function routeKey(route: Pick<TableRoute, 'domain' | 'path' | 'match'>): string {
  return `${route.domain} ${route.path} ${route.match}`
}

/** One endpoint within one service. */
export function endpointKey(service: string, endpoint: TableEndpoint): string {
  return `${service} ${endpoint.host} ${endpoint.container} ${peerOf(endpoint)}`
}

/** Where an endpoint listens, as text for nginx and for people. */
export function peerOf({ address, port }: Pick<TableEndpoint, 'address' | 'port'>): string {
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`
}

export function endpointCount(table: EdgeTable): number {
  return table.services.reduce((sum, service) => sum + service.endpoints.length, 0)
}

function byRoute(a: TableRoute, b: TableRoute): number {
  return order(a.domain, b.domain) || order(a.path, b.path) || order(a.match, b.match)
}

function order(a: string, b: string): number {
  if (a === b) return 0
  return a < b ? -1 : 1
}
