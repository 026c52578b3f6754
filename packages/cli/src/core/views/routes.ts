import type { RequestRates, RouteView } from '@roadstead/shared/protocol/http.ts'
import { listenOf } from '@roadstead/shared/protocol/listen.ts'
import { wantsOf } from '@roadstead/shared/protocol/route-wants.ts'
import { type Cell, plain, toned } from '../cell.ts'
import { span } from '../span.ts'
import type { Column } from '../table.ts'
import { endpointNames } from './endpoints.ts'
import { reasonTone } from './outcome.ts'

export const routeColumns: readonly Column<RouteView>[] = [
  { title: 'DOMAIN', priority: 1, cutTo: 20, cell: ({ domain }) => plain(domain) },
  {
    title: 'PATH',
    priority: 3,
    cutTo: 8,
    cell: (route) => plain(pathText(route)),
  },
  { title: 'STATE', priority: 2, cell: ({ state }) => toned(state, reasonTone(state)) },
  { title: 'SERVICE', priority: 4, cutTo: 12, cell: ({ service }) => plain(service) },
  {
    title: 'ENDPOINTS',
    priority: 5,
    cutTo: 16,
    cell: ({ endpoints }) => plain(endpointNames(endpoints)),
  },
  {
    title: 'WANTS',
    priority: 6,
    cutTo: 12,
    sparse: true,
    cell: (route) => plain(wantsOf(route).join('; ') || '-'),
  },
  { title: 'REQ/S', priority: 7, wide: true, cell: rateCell(({ perSecond }) => rate(perSecond)) },
  {
    title: 'ERR/S',
    priority: 8,
    wide: true,
    cell: ({ requests }) =>
      toned(
        requests === undefined ? '-' : rate(requests.errorsPerSecond),
        (requests?.errorsPerSecond ?? 0) > 0 ? 'bad' : 'plain',
      ),
  },
  { title: 'P50', priority: 9, wide: true, cell: rateCell(({ p50Ms }) => spanOf(p50Ms)) },
  { title: 'P99', priority: 10, wide: true, cell: rateCell(({ p99Ms }) => spanOf(p99Ms)) },
  {
    title: 'STRIP',
    priority: 11,
    wide: true,
    cell: ({ stripPrefix }) => plain(stripPrefix ? 'yes' : 'no'),
  },
  {
    title: 'HELD SINCE',
    priority: 12,
    wide: true,
    cell: ({ holderSince }) => plain(holderSince ?? '-'),
  },
]

/** The port of a stream has none. */
function pathText({ domain, path, match }: RouteView): string {
  if (listenOf(domain) !== undefined) return '-'
  return match === 'exact' ? `=${path}` : path
}

/** Over the last half minute, as the masters hear it from the edges. */
function rateCell(text: (rates: RequestRates) => string): (route: RouteView) => Cell {
  return ({ requests }) => plain(requests === undefined ? '-' : text(requests))
}

function rate(perSecond: number): string {
  return perSecond < 10 ? perSecond.toFixed(2) : String(Math.round(perSecond))
}

function spanOf(ms: number | undefined): string {
  return ms === undefined ? '-' : span(ms)
}
