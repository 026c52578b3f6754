import { type Command, Option } from 'commander'
import {
  AuditPage,
  EventKind,
  EventPage,
  type HistoryView,
} from '@roadstead/shared/protocol/http-events.ts'
import { printable } from '../core/cell.ts'
import { renderTable } from '../core/table.ts'
import { auditColumns } from '../core/views/audit.ts'
import { eventColumns } from '../core/views/events.ts'
import type { Run, Shell } from '../shell.ts'
import { formatOption, print } from './format.ts'
import { momentFlag } from './moment-flag.ts'
import { wrongUsage } from './usage.ts'
import { assertKinds, type EventFlags } from './event-flags.ts'
import { watchEvents } from './watch-events.ts'

export function addEvents(program: Command, run: Run): void {
  program
    .command('events')
    .summary('What happened: containers, routes, decisions, hosts, leaders, tables')
    .description(
      'What happened, oldest first, from the change log of the master that is asked. A time is how ' +
        'long ago (2h), a time of day (03:10), a day, or RFC 3339; without a zone it is UTC.',
    )
    .addOption(formatOption())
    .option('-w, --watch', 'print further events as they come, one a line')
    .option('--audit', 'who asked for what, instead of what happened')
    .option('--host <host>', 'only of this host, by name or id')
    .option('--container <container>', 'only of this container, by name, host/name, id or prefix')
    .option('--kind <kinds>', `only of these kinds: ${EventKind.options.join(', ')}`)
    .option('--since <time>', 'only from then on: 30s, 15m, 1h, 03:10, 2026-03-04T03:10:00Z')
    .option('--until <time>', 'only before then')
    .option('--before <place>', 'what was before a list that ended with this place')
    .option('--limit <count>', 'so many of the newest', '500')
    .addOption(new Option('--after <revision>', 'only events of the live list after it').hideHelp())
    .action((flags: EventFlags) => run((shell) => showEvents(shell, flags)))
}

async function showEvents(shell: Shell, flags: EventFlags): Promise<number> {
  if (flags.audit !== undefined) return showAudit(shell, flags)
  if (flags.watch !== undefined) return watchEvents(shell, flags)
  const { after, container, host, kind } = flags
  assertKinds(kind)
  const query = {
    ...(after !== undefined && { after }),
    ...(host !== undefined && { host }),
    ...(container !== undefined && { container }),
    ...(kind !== undefined && { kind }),
    ...timesOf(flags, shell),
  }
  const path = '/events'
  const { items, log, next } = await shell.api.ask({
    method: 'GET',
    path,
    query,
    answer: EventPage,
  })
  const columns = eventColumns(shell.clock.wallMs())
  const data = { items, total: items.length, ...(next !== undefined && { next }) }
  print(shell.output, flags.output, data, (page) => renderTable(columns, items, page))
  noteMore(shell, flags, next, log)
  return 0
}

async function showAudit(shell: Shell, flags: EventFlags): Promise<number> {
  const { container, host, kind, watch } = flags
  const wrong = Object.entries({ '--host': host, '--container': container, '--kind': kind })
    .concat([['--watch', watch === undefined ? undefined : '']])
    .find(([, value]) => value !== undefined)
  if (wrong !== undefined) throw wrongUsage(wrong[0], 'does not go with --audit')
  const { items, log, next } = await shell.api.ask({
    method: 'GET',
    path: '/events/audit',
    query: timesOf(flags, shell),
    answer: AuditPage,
  })
  const columns = auditColumns(shell.clock.wallMs())
  const data = { items, total: items.length, ...(next !== undefined && { next }) }
  print(shell.output, flags.output, data, (page) => renderTable(columns, items, page))
  noteMore(shell, flags, next, log)
  return 0
}

function timesOf(flags: EventFlags, shell: Shell): Record<string, string> {
  const { before, limit, since, until } = flags
  return {
    limit,
    ...(before !== undefined && { before }),
    ...(since !== undefined && { since: momentFlag('--since', since, shell) }),
    ...(until !== undefined && { until: momentFlag('--until', until, shell) }),
  }
}

/** Beside the data: where it goes on, and what the log cannot do at the moment. */
function noteMore(
  { output }: Shell,
  { output: format }: EventFlags,
  next: string | undefined,
  log: HistoryView | undefined,
): void {
  if (log?.state === 'memory') {
    output.note(`The change log cannot be written now: ${printable(log.why ?? '')}\n`)
  }
  if (next !== undefined && format !== 'json' && format !== 'yaml') {
    output.note(`What was before these: the same with --before ${next}\n`)
  }
}
