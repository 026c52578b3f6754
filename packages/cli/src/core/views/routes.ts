import type { RouteView } from '@roadstead/shared/protocol/http.ts'
import { wantsOf } from '@roadstead/shared/protocol/route-wants.ts'
import { plain, toned } from '../cell.ts'
import type { Column } from '../table.ts'
import { endpointNames } from './endpoints.ts'
import { reasonTone } from './outcome.ts'

export const routeColumns: readonly Column<RouteView>[] = [
  { title: 'DOMAIN', priority: 1, cutTo: 20, cell: ({ domain }) => plain(domain) },
  {
    title: 'PATH',
    priority: 3,
    cutTo: 8,
    cell: ({ path, match }) => plain(match === 'exact' ? `=${path}` : path),
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
  {
    title: 'STRIP',
    priority: 7,
    wide: true,
    cell: ({ stripPrefix }) => plain(stripPrefix ? 'yes' : 'no'),
  },
  {
    title: 'HELD SINCE',
    priority: 8,
    wide: true,
    cell: ({ holderSince }) => plain(holderSince ?? '-'),
  },
]
