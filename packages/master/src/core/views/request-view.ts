import type { EdgeView, RouteView } from '@roadstead/shared/protocol/http.ts'
import type { RequestsView, RequestView } from '@roadstead/shared/protocol/http-requests.ts'
import { STATUS_CLASSES } from '@roadstead/shared/protocol/request-report.ts'
import { routeKey } from '@roadstead/shared/protocol/route-key.ts'
import { compareText } from '../graph/select.ts'
import { endpointNames } from '../requests/exposition.ts'
import {
  durationsIn,
  type RequestLedger,
  type Series,
  statusesIn,
  sum,
  totalOf,
} from '../requests/ledger.ts'
import { ratesOf } from '../requests/rates.ts'

export interface Counted {
  readonly ledger: RequestLedger
  readonly edges: readonly Pick<EdgeView, 'id' | 'name'>[]
  readonly routes: readonly RouteView[]
  readonly nowMs: number
}

/** Routes and then endpoints, over all edges, those with the most requests first. */
export function requestViews(counted: Counted): RequestsView {
  const { edges, ledger, nowMs, routes } = counted
  const names = new Map(edges.map(({ id, name }) => [id, name]))
  const byRoute = new Map(routes.map((view) => [routeKey(view), view]))
  const told = [...ledger]
  const rows = new Map<string, Row>()
  for (const [id, edge] of told) {
    const name = names.get(id) ?? id
    for (const [key, series] of edge.routes) {
      const { domain, service } = byRoute.get(key) ?? {}
      add(rows, { what: 'route', name: key, domain, service }, name, series)
    }
    const endpoints = endpointNames(routes, id)
    for (const [address, series] of edge.endpoints) {
      const { endpoint = address, service } = endpoints.get(address) ?? {}
      add(rows, { what: 'endpoint', name: endpoint, service }, name, series)
    }
  }
  const items = Array.from(rows.values(), (row) => viewOf(row, nowMs)).sort(compareViews)
  const uncounted = told.reduce((all, [, { lost }]) => all + lost.before + lost.last, 0)
  return { items, total: items.length, uncounted }
}

type About = Pick<RequestView, 'what' | 'name'> & {
  readonly domain?: string | undefined
  readonly service?: string | undefined
}

interface Row {
  readonly about: About
  readonly edges: Set<string>
  readonly series: Series[]
}

function add(rows: Map<string, Row>, about: About, edge: string, series: Series): void {
  const key = `${about.what} ${about.name}`
  const row = rows.get(key) ?? { about, edges: new Set(), series: [] }
  row.edges.add(edge)
  row.series.push(series)
  rows.set(key, row)
}

function viewOf({ about, edges, series }: Row, nowMs: number): RequestView {
  const { domain, name, service, what } = about
  const numbers = series.map(totalOf).reduce(sum)
  const statuses = statusesIn(numbers)
  const requests = total(statuses)
  const which = what === 'route' ? 'whole' : 'endpoint'
  const { sumMs } = durationsIn(numbers, which)
  const rates = ratesOf(series, which, nowMs)
  return {
    what,
    name,
    ...(domain !== undefined && { domain }),
    ...(service !== undefined && { service }),
    edges: [...edges].sort(compareText),
    requests,
    byStatus: Object.fromEntries(
      statuses.flatMap((count, at) => (count === 0 ? [] : [[STATUS_CLASSES[at] ?? '', count]])),
    ),
    ...(requests > 0 && { meanMs: Math.round((sumMs / requests) * 10) / 10 }),
    ...(rates !== undefined && { rates }),
  }
}

function compareViews(a: RequestView, b: RequestView): number {
  return compareText(b.what, a.what) || b.requests - a.requests || compareText(a.name, b.name)
}

function total(numbers: readonly number[]): number {
  return numbers.reduce((all, each) => all + each, 0)
}
