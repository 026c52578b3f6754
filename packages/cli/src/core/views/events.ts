import type { EventView } from '@roadstead/shared/protocol/http-events.ts'
import { plain, toned } from '../cell.ts'
import { dayAndTime } from '../span.ts'
import type { Column } from '../table.ts'

export function eventColumns(nowMs: number): readonly Column<EventView>[] {
  return [
    { title: 'TIME', priority: 2, cell: ({ at }) => toned(dayAndTime(at, nowMs), 'dim') },
    { title: 'HOST', priority: 4, cutTo: 8, cell: ({ hostName }) => plain(hostName || '-') },
    { title: 'WHAT', priority: 1, cutTo: 16, cell: ({ what }) => plain(what) },
    { title: 'SUBJECT', priority: 3, cutTo: 16, cell: ({ subject }) => plain(subject) },
    {
      title: 'DETAILS',
      priority: 5,
      cutTo: 12,
      cell: ({ details }) => toned(detailText(details), 'dim'),
    },
    { title: 'CAUSE', priority: 6, wide: true, cell: ({ cause }) => plain(cause ?? '-') },
    { title: 'KIND', priority: 7, wide: true, cell: ({ kind }) => plain(kind) },
    { title: 'ORIGIN', priority: 8, wide: true, cell: ({ origin }) => plain(origin) },
    { title: 'REVISION', priority: 9, wide: true, cell: ({ revision }) => plain(`${revision}`) },
  ]
}

export function detailText(details: Readonly<Record<string, string>>): string {
  return Object.entries(details)
    .map(([name, value]) => `${name}=${value}`)
    .join(' ')
}
