import type { StatusView } from '@roadstead/shared/protocol/http.ts'
import { paint, printable } from '../cell.ts'
import { since } from '../span.ts'
import { foldAfter } from '../fold.ts'
import { type Page, WIDE } from '../table.ts'

/** The federation on a few lines. */
export function statusText(status: StatusView, nowMs: number, page: Page): string {
  const { counts, leader, nats, warnings } = status
  const width = page.wide ? WIDE : page.width
  const led =
    leader === undefined
      ? paint('no leader', 'bad', page.colour)
      : `leader ${leader.url} (epoch ${leader.epoch}, for ${since(leader.since, nowMs)})`
  const bus = nats.connected
    ? `${nats.version}, ${nats.servers} server${nats.servers === 1 ? '' : 's'}`
    : paint('not connected', 'bad', page.colour)
  const lines = [
    `site    ${status.site}   ${led}`,
    `master  ${status.master} is ${status.role}, version ${status.version}`,
    `nats    ${bus}`,
    `hosts ${counts.hosts} · containers ${counts.containers} · services ${counts.services}` +
      ` · routes ${counts.routes} · edges ${counts.edges}`,
    ...warnings.flatMap(({ what, remedy }) => [
      ...foldAfter(`${paint('▲', 'warn', page.colour)} `, 2, printable(what), width),
      ...foldAfter('  → ', 4, printable(remedy), width),
    ]),
  ]
  return `${lines.join('\n')}\n`
}
