import type {
  PolicyCheck,
  PolicyDiff,
  PolicyProblem,
  PolicyView,
} from '@roadstead/shared/protocol/policy.ts'
import { placeText } from '@roadstead/shared/protocol/listen.ts'
import { paint, plain, printable, type Tone, toned } from '../cell.ts'
import { foldAfter } from '../fold.ts'
import { type Column, type Page, renderTable, WIDE } from '../table.ts'

/** All that is wrong, and all that is odd, each with the place where an editor finds it. */
export function checkText(file: string, check: PolicyCheck, page: Page): string {
  const { problems, warnings } = check
  return [
    ...problems.map((each) => problemText(file, each, 'error', page)),
    ...warnings.map((each) => problemText(file, each, 'warning', page)),
  ].join('')
}

const TONES: Record<'error' | 'warning', Tone> = { error: 'bad', warning: 'warn' }

function problemText(
  file: string,
  { line, column, key, what }: PolicyProblem,
  level: 'error' | 'warning',
  page: Page,
): string {
  const mark = paint(level, TONES[level], page.colour)
  const place = `${printable(file)}:${line}:${column}`
  const head = `${place} ${mark}${key === '' ? '' : ` ${printable(key)}`}`
  const lines = foldAfter('  ', 2, printable(what), page.wide ? WIDE : page.width)
  return `${[head, ...lines].join('\n')}\n`
}

/** How a check ended, in one line. */
export function checkedText(file: string, { problems, warnings }: PolicyCheck): string {
  const count = (list: readonly unknown[], what: string) =>
    `${list.length} ${what}${list.length === 1 ? '' : 's'}`
  if (problems.length > 0) return `${printable(file)} has ${count(problems, 'error')}.\n`
  if (warnings.length === 0) return `${printable(file)} is fine.\n`
  return `${printable(file)} can be applied, with ${count(warnings, 'warning')}.\n`
}

/** What would change for visitors, and for those who ask. */
export function diffText({ routes, verdicts, totals }: PolicyDiff, page: Page): string {
  if (totals.routes + totals.verdicts === 0) return 'Nothing would change.\n'
  return [
    listText('route', renderTable(routeColumns, routes, page), routes.length, totals.routes),
    listText(
      'verdict',
      renderTable(verdictColumns, verdicts, page),
      verdicts.length,
      totals.verdicts,
    ),
  ].join('')
}

function listText(what: string, table: string, shown: number, total: number): string {
  if (total === 0) return `No ${what} would change.\n`
  const rest = total > shown ? `and ${total - shown} more\n` : ''
  return `${total} ${what}${total === 1 ? '' : 's'} would change:\n${table}${rest}`
}

/** What is gone is red, what is new is green. */
interface Change {
  readonly before?: string | undefined
  readonly after?: string | undefined
}

const before = ({ before: text }: Change) => plain(text ?? '-')
const after = ({ before: was, after: text }: Change) =>
  toned(text ?? '-', text === undefined ? 'bad' : was === undefined ? 'good' : 'warn')

const routeColumns: readonly Column<PolicyDiff['routes'][number]>[] = [
  { title: 'ROUTE', priority: 1, cutTo: 20, cell: ({ route }) => plain(route) },
  { title: 'NOW', priority: 3, cutTo: 8, cell: before },
  { title: 'THEN', priority: 2, cutTo: 8, cell: after },
]

const verdictColumns: readonly Column<PolicyDiff['verdicts'][number]>[] = [
  { title: 'CONTAINER', priority: 1, cutTo: 12, cell: ({ container }) => plain(container) },
  { title: 'ROUTE', priority: 5, wide: true, cell: ({ route }) => plain(route) },
  {
    title: 'NAME',
    priority: 2,
    cutTo: 12,
    cell: (change) => plain(placeText(change) || '-'),
  },
  { title: 'NOW', priority: 4, cutTo: 8, cell: before },
  { title: 'THEN', priority: 3, cutTo: 8, cell: after },
]

/** Beside the text itself, so that this can go straight into a file. */
export function policyHead({ by, digest, since }: PolicyView): string {
  return `policy ${digest.slice(0, 12)}, applied ${since} by ${printable(by)}\n`
}
