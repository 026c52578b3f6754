import type { EdgeView, RouteView } from '@roadstead/shared/protocol/http.ts'
import { DURATION_BOUNDS_MS, STATUS_CLASSES } from '@roadstead/shared/protocol/request-report.ts'
import { routeKey } from '@roadstead/shared/protocol/route-key.ts'
import {
  durationsIn,
  type EdgeRequests,
  type Numbers,
  type RequestLedger,
  type SeriesByKey,
  statusesIn,
  totalOf,
} from './ledger.ts'
import { requestMetricTable, type RequestMetric } from './metric-table.ts'

export interface Exposed {
  readonly ledger: RequestLedger
  readonly edges: readonly Pick<EdgeView, 'id' | 'name'>[]
  readonly routes: readonly RouteView[]
  /** Routes, and endpoints, that each edge has series for. */
  readonly seriesMax: number
}

type Labels = Readonly<Record<string, string>>

/**
 * What edges have counted, in the text format of Prometheus. These are sums that edges have told, so
 * they are written as they are; the metrics of this process itself have a registry.
 */
export function requestMetrics(exposed: Exposed): string {
  const lines = new Map<RequestMetric, string[]>()
  const names = new Map(exposed.edges.map(({ id, name }) => [id, name]))
  for (const [id, edge] of exposed.ledger) addEdge(lines, names.get(id) ?? id, id, edge, exposed)
  return Object.values(requestMetricTable)
    .map((entry) => {
      const head = [`# HELP ${entry.name} ${entry.help}`, `# TYPE ${entry.name} ${entry.kind}`]
      return [...head, ...(lines.get(entry) ?? [])].map((line) => `${line}\n`).join('')
    })
    .join('')
}

type Lines = Map<RequestMetric, string[]>

function addEdge(lines: Lines, edge: string, id: string, told: EdgeRequests, exposed: Exposed) {
  const { routes: views, seriesMax } = exposed
  const table = requestMetricTable
  const services = new Map(views.map((view) => [routeKey(view), view.service]))
  for (const [route, numbers] of firstOf(told.routes, seriesMax)) {
    const [domain = ''] = route.includes(' ') ? route.split(' ') : []
    const labels = { edge, domain, route, service: services.get(route) ?? '' }
    addStatuses(lines, table.routeRequests, labels, numbers)
    addDurations(lines, table.routeSeconds, labels, durationsIn(numbers, 'whole'))
    addDurations(lines, table.routeEndpointSeconds, labels, durationsIn(numbers, 'endpoint'))
  }
  const endpoints = endpointNames(views, id)
  for (const [address, numbers] of firstOf(told.endpoints, seriesMax)) {
    const { service = '', endpoint = address } = endpoints.get(address) ?? {}
    const labels = { edge, service, endpoint }
    addStatuses(lines, table.endpointRequests, labels, numbers)
    addDurations(lines, table.endpointSeconds, labels, durationsIn(numbers, 'endpoint'))
  }
  const { before, last } = told.lost
  add(lines, table.uncounted, '', { edge }, before + last)
  const beyond = [told.routes, told.endpoints].map(({ size }) => Math.max(0, size - seriesMax))
  add(
    lines,
    table.beyond,
    '',
    { edge },
    beyond.reduce((all, each) => all + each, 0),
  )
}

/** In the order in which they were heard first, so that none comes and goes. */
function firstOf(series: SeriesByKey, max: number): readonly (readonly [string, Numbers])[] {
  return [...series].slice(0, max).map(([key, it]) => [key, totalOf(it)] as const)
}

/** By address, as this edge reaches them. */
export function endpointNames(routes: readonly RouteView[], edge: string) {
  const named = routes.flatMap(({ service, endpoints, canary }) => [
    ...endpoints.map((it) => [service, it] as const),
    ...(canary?.endpoints ?? []).map((it) => [canary?.service ?? '', it] as const),
  ])
  return new Map(
    named.flatMap(([service, { addresses, hostName, containerName, port }]) => {
      const address = addresses[edge]
      const endpoint = `${hostName}/${containerName}:${port}`
      return address === undefined ? [] : [[address, { service, endpoint }] as const]
    }),
  )
}

function addStatuses(lines: Lines, metric: RequestMetric, labels: Labels, numbers: Numbers): void {
  for (const [at, count] of statusesIn(numbers).entries()) {
    if (count > 0)
      add(lines, metric, '', { ...labels, code_class: STATUS_CLASSES[at] ?? '' }, count)
  }
}

function addDurations(
  lines: Lines,
  metric: RequestMetric,
  labels: Labels,
  { sumMs, buckets }: ReturnType<typeof durationsIn>,
): void {
  let count = 0
  for (const [at, inside] of buckets.entries()) {
    count += inside
    const bound = DURATION_BOUNDS_MS[at]
    const le = bound === undefined ? '+Inf' : String(bound / 1_000)
    add(lines, metric, '_bucket', { ...labels, le }, count)
  }
  add(lines, metric, '_sum', labels, sumMs / 1_000)
  add(lines, metric, '_count', labels, count)
}

function add(
  lines: Lines,
  metric: RequestMetric,
  suffix: '' | '_bucket' | '_sum' | '_count',
  labels: Labels,
  value: number,
): void {
  const pairs = Object.entries(labels).map(([name, text]) => `${name}="${escaped(text)}"`)
  const line = `${metric.name}${suffix}{${pairs.join(',')}} ${value}`
  const known = lines.get(metric)
  if (known === undefined) lines.set(metric, [line])
  else known.push(line)
}

function escaped(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')
}
