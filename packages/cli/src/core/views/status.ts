import type { EdgeView, RunView, StatusView } from '@roadstead/shared/protocol/http.ts'
import { cut, paint, printable } from '../cell.ts'
import { since } from '../span.ts'
import { foldAfter } from '../fold.ts'
import { progressOf, titleOf, tookOf } from './run.ts'
import { type Page, WIDE } from '../table.ts'

/** What a person wants to know at once beside the counts. */
export interface Overview {
  readonly status: StatusView
  readonly edges: readonly EdgeView[]
  readonly runs: readonly RunView[]
}

/** The federation on a few lines. */
export function statusText(overview: Overview, nowMs: number, page: Page): string {
  const { counts, leader, nats, warnings } = overview.status
  const { status } = overview
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
      ` · routes ${counts.routes} · edges ${counts.edges}${tiers(overview.edges)}`,
    ...runsUnderWay(overview.runs, nowMs).map((line) => `runs    ${cut(line, width - 8)}`),
    ...warnings.flatMap(({ what, remedy }) => [
      ...foldAfter(`${paint('▲', 'warn', page.colour)} `, 2, printable(what), width),
      ...foldAfter('  → ', 4, printable(remedy), width),
    ]),
  ]
  return `${lines.join('\n')}\n`
}

/** ` (2 live, 1 reload)`: how changes come into force. */
function tiers(edges: readonly EdgeView[]): string {
  const parts = (['live', 'reload'] as const).flatMap((tier) => {
    const n = edges.filter((edge) => edge.tier === tier).length
    return n === 0 ? [] : [`${n} ${tier}`]
  })
  return parts.length === 0 ? '' : ` (${parts.join(', ')})`
}

/** More would hide the rest; `roadstead runs` has all of them. */
const RUNS_SHOWN_MAX = 5

function runsUnderWay(runs: readonly RunView[], nowMs: number): string[] {
  return runs
    .filter(({ state }) => state === 'running')
    .slice(0, RUNS_SHOWN_MAX)
    .map((run) => `${run.id} ${titleOf(run)}, for ${tookOf(run, nowMs)}, ${progressOf(run)} done`)
}
