import type { Command } from 'commander'
import { EventView, listOf } from '@roadstead/shared/protocol/http.ts'
import { cut, paint, printable } from '../core/cell.ts'
import { INTERRUPTED } from '../core/exit-codes.ts'
import { parseSpanSeconds, timeOfDay } from '../core/span.ts'
import { type Page, renderTable } from '../core/table.ts'
import { detailText, eventColumns } from '../core/views/events.ts'
import { followLive } from '../io/live-client.ts'
import type { Run, Shell } from '../shell.ts'
import { wrongUsage } from './usage.ts'
import { type Format, formatOption, print } from './format.ts'
import { findServer } from './watch.ts'

interface Flags {
  readonly output: Format
  readonly watch?: true
  readonly after?: string
  readonly since?: string
}

export function addEvents(program: Command, run: Run): void {
  program
    .command('events')
    .summary('What happened: containers, hosts, leaders, tables')
    .addOption(formatOption())
    .option('-w, --watch', 'print further events as they come, one a line')
    .option('--after <revision>', 'only events after this revision')
    .option('--since <span>', 'only events of the last 30s, 15m, 1h, …')
    .action((flags: Flags) => run((shell) => showEvents(shell, flags)))
}

async function showEvents(shell: Shell, flags: Flags): Promise<number> {
  const sinceMs = startOf(flags.since, shell)
  const answer = listOf(EventView)
  const query = flags.after === undefined ? {} : { after: flags.after }
  const { items } = await shell.api.ask({ method: 'GET', path: '/events', query, answer })
  const shown = items.filter(({ at }) => Date.parse(at) >= sinceMs)
  if (flags.watch === undefined) {
    const data = { items: shown, total: shown.length }
    print(shell.output, flags.output, data, (page) => renderTable(eventColumns, shown, page))
    return 0
  }
  for (const event of shown) printLine(shell, flags.output, event)
  return followEvents(shell, flags, shown.at(-1)?.revision ?? 0)
}

/** Every event once: what the list showed already, or a snapshot repeats, is left out. */
async function followEvents(shell: Shell, flags: Flags, shownTo: number): Promise<number> {
  const { api, signal } = shell
  await findServer(shell)
  let last = shownTo
  for await (const { news } of followLive(api.server(), shell)) {
    for (const event of news) {
      if (event.revision <= last) continue
      printLine(shell, flags.output, event)
      last = event.revision
    }
  }
  if (signal.aborted) return INTERRUPTED
  shell.output.note('the master closed the feed\n')
  return 1
}

function printLine(shell: Shell, format: Format, event: EventView): void {
  const { page } = shell.output
  if (format === 'json') return shell.output.write(`${JSON.stringify(event)}\n`)
  if (format === 'yaml') return print(shell.output, format, [event], () => '')
  shell.output.write(`${eventLine(event, { ...page, wide: format === 'wide' })}\n`)
}

function eventLine(event: EventView, page: Page): string {
  const { at, details, hostName, subject, what } = event
  const start = `${timeOfDay(at)}  ${hostName || '-'}  ${what}  ${subject}`
  const text = printable(`${start}  ${detailText(details)}`.trimEnd())
  const tone = what.endsWith('lost') || what.endsWith('refused') ? 'bad' : 'plain'
  return paint(page.wide ? text : cut(text, page.width), tone, page.colour)
}

function startOf(span: string | undefined, { clock }: Shell): number {
  if (span === undefined) return Number.NEGATIVE_INFINITY
  const seconds = parseSpanSeconds(span)
  if (seconds === undefined)
    throw wrongUsage('--since', 'must be a span such as 30s, 15m, 1h or 7d')
  return clock.wallMs() - seconds * 1_000
}
