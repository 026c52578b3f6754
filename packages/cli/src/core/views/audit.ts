import type { AuditView } from '@roadstead/shared/protocol/http-events.ts'
import { plain, toned, type Tone } from '../cell.ts'
import { dayAndTime } from '../span.ts'
import type { Column } from '../table.ts'
import { detailText } from './events.ts'

export function auditColumns(nowMs: number): readonly Column<AuditView>[] {
  return [
    { title: 'TIME', priority: 4, cell: ({ at }) => toned(dayAndTime(at, nowMs), 'dim') },
    { title: 'WHO', priority: 1, cutTo: 12, cell: ({ who }) => plain(who) },
    { title: 'ASKED', priority: 2, cutTo: 16, cell: ({ asked }) => plain(short(asked)) },
    { title: 'ABOUT', priority: 5, cutTo: 12, cell: ({ about }) => plain(detailText(about)) },
    { title: 'OUTCOME', priority: 3, cell: outcomeCell },
    { title: 'VIA', priority: 6, wide: true, cell: ({ via }) => plain(via) },
    { title: 'TOKEN', priority: 7, wide: true, cell: ({ token }) => plain(token ?? '-') },
    { title: 'ROLE', priority: 8, wide: true, cell: ({ role }) => plain(role ?? '-') },
    { title: 'FROM', priority: 9, wide: true, cell: ({ from }) => plain(from) },
    { title: 'MASTER', priority: 11, wide: true, cell: ({ master }) => plain(master ?? '-') },
    { title: 'TOOK', priority: 10, wide: true, cell: ({ tookMs }) => plain(`${tookMs}ms`) },
  ]
}

/** `POST /api/v1/drain` is `POST drain` to whoever reads many of them. */
function short(asked: string): string {
  return asked.replace(' /api/v1/', ' ')
}

function outcomeCell({ code, outcome }: AuditView) {
  const tone: Tone = outcome === 'done' ? 'plain' : 'bad'
  return toned(code === undefined ? outcome : `${outcome}: ${code}`, tone)
}
