import type { ServiceView } from '@roadstead/shared/protocol/http.ts'
import { placeText } from '@roadstead/shared/protocol/listen.ts'
import { plain, type Tone, toned } from '../cell.ts'
import type { Column } from '../table.ts'
import { endpointNames } from './endpoints.ts'

const STATE: Record<ServiceView['state'], Tone> = { serving: 'good', degraded: 'warn', down: 'bad' }

export const serviceColumns: readonly Column<ServiceView>[] = [
  { title: 'SERVICE', priority: 1, cutTo: 16, cell: (service) => plain(service.key) },
  { title: 'STATE', priority: 2, cell: ({ state }) => toned(state, STATE[state]) },
  {
    title: 'ENDPOINTS',
    priority: 3,
    cell: ({ endpoints }) => {
      const serving = endpoints.filter(({ reason }) => reason.startsWith('routed')).length
      return plain(`${serving}/${endpoints.length}`)
    },
  },
  {
    title: 'ROUTES',
    priority: 4,
    cutTo: 16,
    cell: ({ routes }) => plain(routes.map((route) => placeText(route)).join(' ') || '-'),
  },
  {
    title: 'CONTAINERS',
    priority: 5,
    cutTo: 16,
    cell: ({ endpoints }) => plain(endpointNames(endpoints)),
  },
  { title: 'ID', priority: 6, wide: true, cell: ({ id }) => plain(id) },
]
