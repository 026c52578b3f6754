import { paint, plain, toned } from '../cell.ts'
import type { Figures } from '../simulation/convergence.ts'
import type { PartLoad, Summary } from '../simulation/summary.ts'
import { span } from '../span.ts'
import { type Column, type Page, renderTable } from '../table.ts'

export interface LiveFacts {
  readonly ms: number
  readonly actions: number
  readonly underWay: number
  readonly late: number
  readonly recent: Figures
  /** What is broken now; empty: nothing. */
  readonly fault: string
}

/** One line, no wider than the page. */
export function liveLine({ ms, fault, actions, underWay, recent, late }: LiveFacts, page: Page) {
  const rate = ms < 1 ? 0 : actions / (ms / 1_000)
  const parts = [
    span(ms),
    `${actions} changes (${rate.toFixed(1)}/s)`,
    `in force p50 ${millis(recent.p50)} p99 ${millis(recent.p99)}`,
    `${underWay} under way`,
    ...(recent.unseen > 0 ? [`${recent.unseen} not seen`] : []),
    ...(late > 0 ? [`${late} late`] : []),
    ...(fault === '' ? [] : [fault]),
  ]
  return `${`  ${parts.join('  ')}`.slice(0, page.width - 1)}\n`
}

type ChangeRow = Summary['byChange'][number]

const changeColumns: readonly Column<ChangeRow>[] = [
  { title: 'AFTER', priority: 1, cell: ({ deed }) => plain(deed) },
  {
    title: 'VISITORS ARE',
    priority: 2,
    cell: ({ wants }) => plain(wants === 'served' ? 'served' : 'not served'),
  },
  { title: 'N', priority: 4, cell: ({ n }) => plain(String(n)) },
  { title: 'P50', priority: 3, cell: ({ p50 }) => plain(millis(p50)) },
  { title: 'P90', priority: 7, cell: ({ p90 }) => plain(millis(p90)) },
  { title: 'P99', priority: 5, cell: ({ p99 }) => plain(millis(p99)) },
  { title: 'MAX', priority: 6, cell: ({ max }) => plain(millis(max)) },
  {
    title: 'NOT SEEN',
    priority: 8,
    cell: ({ unseen }) => (unseen === 0 ? plain('0') : toned(String(unseen), 'warn')),
  },
]

const loadColumns: readonly Column<PartLoad>[] = [
  { title: 'PART', priority: 1, cell: ({ part }) => plain(part) },
  {
    title: 'CPU',
    priority: 2,
    cell: ({ cpu }) => plain(`${(cpu * 100).toFixed(1)} %`),
  },
  { title: 'MEMORY', priority: 3, cell: ({ residentMb }) => plain(`${residentMb} MiB`) },
  { title: 'AT MOST', priority: 4, cell: ({ residentMbMax }) => plain(`${residentMbMax} MiB`) },
]

/** All that came of it. */
export function simulationText(summary: Summary, page: Page): string {
  const { actions, convergence, edge, leader, plan, tookMs } = summary
  const { max, p50, p99 } = convergence
  const rate = (actions / (tookMs / 1_000)).toFixed(1)
  const head = [
    `${plan.hosts} hosts with ${plan.containers} containers each, seed ${plan.seed}`,
    `${actions} changes in ${span(tookMs)} (${rate}/s)`,
    `event → in force: p50 ${millis(p50)}, p99 ${millis(p99)}, max ${millis(max)}`,
    `${edge.tables} tables, ${edge.pushes} pushes, ${edge.reloads} reloads (${edge.tier} tier)`,
    `${leader} leads`,
  ]
  const all: ChangeRow[] = [...summary.byChange]
  const lines = [
    ...head.map((line) => `${line}\n`),
    '\n',
    all.length === 0 ? 'No change was seen.\n' : renderTable(changeColumns, all, page),
    '\n',
    renderTable(loadColumns, summary.load, page),
    '\n',
    ...endings(summary).map(({ good, text }) => {
      const mark = good ? paint('✓', 'good', page.colour) : paint('✕', 'bad', page.colour)
      return `${mark} ${text}\n`
    }),
  ]
  return lines.join('')
}

function endings(summary: Summary): readonly { readonly good: boolean; readonly text: string }[] {
  const { atFaultyHosts, audit, convergence, faults, late } = summary
  const wrong = audit.wrong.slice(0, NAMES_SHOWN).join(', ')
  return [
    audit.wrong.length === 0
      ? {
          good: true,
          text: `at the end all ${audit.asked} who were asked for are as they should be`,
        }
      : { good: false, text: `at the end not as they should be: ${wrong}` },
    ...(convergence.unseen > 0
      ? [{ good: false, text: `${convergence.unseen} changes were not seen before the next one` }]
      : []),
    ...(late > 0 ? [{ good: false, text: `${late} changes were left out: too many at once` }] : []),
    ...(faults > 0 ? [{ good: true, text: faultText(faults, atFaultyHosts) }] : []),
  ]
}

function faultText(faults: number, { max, n, unseen }: Figures): string {
  const overtaken = unseen === 0 ? '' : `, ${unseen} were overtaken`
  return `${faults} faults; at their hosts ${n} changes took ${millis(max)} at most${overtaken}`
}

const NAMES_SHOWN = 3

function millis(ms: number): string {
  return ms >= 10_000 ? `${(ms / 1_000).toFixed(1)} s` : `${Math.round(ms)} ms`
}
