import type { EventView } from '@roadstead/shared/protocol/http.ts'
import { plain, toned } from '../cell.ts'
import { timeOfDay } from '../span.ts'
import type { Column } from '../table.ts'

export const eventColumns: readonly Column<EventView>[] = [
  { title: 'TIME', priority: 2, cell: ({ at }) => toned(timeOfDay(at), 'dim') },
  { title: 'HOST', priority: 4, cutTo: 8, cell: ({ hostName }) => plain(hostName || '-') },
  { title: 'WHAT', priority: 1, cutTo: 16, cell: ({ what }) => plain(what) },
  { title: 'SUBJECT', priority: 3, cutTo: 16, cell: ({ subject }) => plain(subject) },
  {
    title: 'DETAILS',
    priority: 5,
    cutTo: 12,
    cell: ({ details }) => toned(detailText(details), 'dim'),
  },
  { title: 'ORIGIN', priority: 6, wide: true, cell: ({ origin }) => plain(origin) },
  { title: 'REVISION', priority: 7, wide: true, cell: ({ revision }) => plain(String(revision)) },
]

export function detailText(details: Readonly<Record<string, string>>): string {
  return Object.entries(details)
    .map(([name, value]) => `${name}=${value}`)
    .join(' ')
}
