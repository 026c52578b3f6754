import type { RequestView } from '@roadstead/shared/protocol/http-requests.ts'
import { plain, toned } from '../cell.ts'
import { span } from '../span.ts'
import type { Column } from '../table.ts'

export const requestColumns: readonly Column<RequestView>[] = [
  { title: 'OF', priority: 5, cell: ({ what }) => toned(what, 'dim') },
  { title: 'NAME', priority: 1, cutTo: 20, cell: ({ name }) => plain(nameOf(name)) },
  { title: 'REQUESTS', priority: 2, cell: ({ requests }) => plain(String(requests)) },
  { title: '5XX', priority: 3, cell: (view) => count(view, '5xx') },
  { title: '4XX', priority: 6, cell: (view) => plain(String(view.byStatus['4xx'] ?? 0)) },
  {
    title: 'PASSED ON',
    priority: 7,
    sparse: true,
    cell: ({ byStatus }) => plain(byStatus['other'] === undefined ? '-' : `${byStatus['other']}`),
  },
  {
    title: 'REQ/S',
    priority: 4,
    cell: ({ rates }) => plain(rates === undefined ? '-' : rates.perSecond.toFixed(2)),
  },
  { title: 'MEAN', priority: 8, cell: ({ meanMs }) => plain(spanOf(meanMs)) },
  { title: 'P99', priority: 9, cell: ({ rates }) => plain(spanOf(rates?.p99Ms)) },
  { title: 'SERVICE', priority: 10, wide: true, cell: ({ service }) => plain(service ?? '-') },
  { title: 'EDGES', priority: 11, wide: true, cell: ({ edges }) => plain(edges.join(', ')) },
]

function nameOf(name: string): string {
  if (name === '-') return '(no route)'
  return name === '*' ? '(the rest)' : name
}

function count({ byStatus }: RequestView, status: string) {
  const many = byStatus[status] ?? 0
  return toned(String(many), many > 0 ? 'bad' : 'plain')
}

function spanOf(ms: number | undefined): string {
  return ms === undefined ? '-' : span(ms)
}
