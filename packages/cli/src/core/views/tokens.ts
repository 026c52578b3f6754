import type { TokenView } from '@roadstead/shared/protocol/http-access.ts'
import { plain, toned } from '../cell.ts'
import { span } from '../span.ts'
import type { Column } from '../table.ts'

export function tokenColumns(nowMs: number): readonly Column<TokenView>[] {
  return [
    { title: 'ID', priority: 1, cell: ({ id }) => plain(id) },
    { title: 'KIND', priority: 2, cell: ({ kind }) => plain(kind) },
    { title: 'ROLE', priority: 3, cell: ({ role }) => plain(role) },
    {
      title: 'USES LEFT',
      priority: 5,
      cell: ({ usesLeft }) => plain(usesLeft === undefined ? '-' : String(usesLeft)),
    },
    {
      title: 'WORKS FOR',
      priority: 4,
      cell: ({ expiresAt }) => {
        if (expiresAt === undefined) return plain('ever')
        const left = Date.parse(expiresAt) - nowMs
        return left > 0 ? plain(span(left)) : toned('expired', 'dim')
      },
    },
    { title: 'NOTE', priority: 6, cutTo: 8, cell: ({ note }) => plain(note || '-') },
    { title: 'BY', priority: 7, wide: true, cell: ({ by }) => plain(by) },
  ]
}
