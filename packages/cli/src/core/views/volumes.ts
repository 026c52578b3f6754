import type { VolumeList, VolumeView } from '@roadstead/shared/protocol/http-stock.ts'
import { type Cell, plain, toned } from '../cell.ts'
import { since } from '../span.ts'
import { type Column, type Page, renderTable } from '../table.ts'
import { stockNotes } from './stock-notes.ts'

/** Of a name that nobody gave. */
const SHORT_NAME = 12

function volumeColumns(nowMs: number): readonly Column<VolumeView>[] {
  return [
    { title: 'VOLUME', priority: 1, cutTo: 18, cell: (volume) => nameCell(volume) },
    { title: 'USE', priority: 2, cell: (volume) => useCell(volume) },
    { title: 'DRIVER', priority: 4, cutTo: 8, cell: ({ driver }) => plain(driver || '-') },
    { title: 'AGE', priority: 5, cell: ({ createdAt }) => plain(since(createdAt, nowMs)) },
    {
      title: 'MOUNTED BY',
      priority: 3,
      cutTo: 16,
      cell: ({ containers }) => plain(usersText(containers)),
    },
    {
      title: 'MOUNTPOINT',
      priority: 6,
      wide: true,
      cell: ({ mountpoint }) => plain(mountpoint || '-'),
    },
    {
      title: 'NAME',
      priority: 7,
      wide: true,
      sparse: true,
      cell: ({ anonymous, name }) => plain(anonymous ? name : '-'),
    },
  ]
}

export function volumesText(list: VolumeList, nowMs: number, page: Page): string {
  const table = renderTable(volumeColumns(nowMs), list.items, page)
  return table + stockNotes(list.hosts, 'volumes', page)
}

function nameCell({ anonymous, hostName, name }: VolumeView): Cell {
  const path = `${hostName}/${anonymous ? name.slice(0, SHORT_NAME) : name}`
  return anonymous ? toned(path, 'dim') : plain(path)
}

function useCell({ containers, unused }: VolumeView): Cell {
  if (unused) return toned('unused', 'dim')
  return containers.length > 0 ? plain(`in use (${containers.length})`) : toned('unknown', 'warn')
}

/** `alpha/db:/var/lib/data`, and whether only to read. */
function usersText(users: VolumeView['containers']): string {
  const texts = users.map(
    ({ path, target, writable }) => `${path}:${target}${writable ? '' : ':ro'}`,
  )
  return texts.join(' ') || '-'
}
