import { listOf } from '@roadstead/shared/protocol/http.ts'
import { EventView } from '@roadstead/shared/protocol/http-events.ts'
import { cut, paint, printable } from '../core/cell.ts'
import { INTERRUPTED } from '../core/exit-codes.ts'
import { timeOfDay } from '../core/span.ts'
import type { Page } from '../core/table.ts'
import { detailText } from '../core/views/events.ts'
import { followLive } from '../io/live-client.ts'
import type { Shell } from '../shell.ts'
import { assertKinds, type EventFlags } from './event-flags.ts'
import { type Format, print } from './format.ts'
import { momentFlag } from './moment-flag.ts'
import { wrongUsage } from './usage.ts'
import { findServer } from './watch.ts'

/** The live list: what the master that is asked remembers, and then each further event. */
export async function watchEvents(shell: Shell, flags: EventFlags): Promise<number> {
  const { after = '0', before, kind, limit, since, until } = flags
  assertKinds(kind)
  const wrong = before === undefined ? (until === undefined ? undefined : '--until') : '--before'
  if (wrong !== undefined) throw wrongUsage(wrong, 'does not go with --watch')
  const sinceMs = since === undefined ? 0 : Date.parse(momentFlag('--since', since, shell))
  const isWanted = (event: EventView): boolean =>
    Date.parse(event.at) >= sinceMs && isAskedFor(event, flags)
  const query = { after, limit }
  const answer = listOf(EventView)
  const { items } = await shell.api.ask({ method: 'GET', path: '/events', query, answer })
  for (const event of items.filter(isWanted)) printLine(shell, flags.output, event)
  return follow(shell, flags, isWanted, items.at(-1)?.revision ?? 0)
}

/** Every event once: what the list showed already, or a snapshot repeats, is left out. */
async function follow(
  shell: Shell,
  flags: EventFlags,
  isWanted: (event: EventView) => boolean,
  shownTo: number,
): Promise<number> {
  const { api, signal } = shell
  await findServer(shell)
  let last = shownTo
  for await (const { news } of followLive(api.server(), shell)) {
    for (const event of news) {
      if (event.revision <= last) continue
      if (isWanted(event)) printLine(shell, flags.output, event)
      last = event.revision
    }
  }
  if (signal.aborted) return INTERRUPTED
  shell.output.note('the master closed the feed\n')
  return 1
}

function isAskedFor(event: EventView, { container, host, kind }: EventFlags): boolean {
  const { container: id = '', host: hostId, hostName, kind: is, subject } = event
  if (host !== undefined && host !== hostName && host !== hostId) return false
  if (kind !== undefined && !kind.split(',').includes(is)) return false
  if (container === undefined) return true
  const names = [subject, `${hostName}/${subject}`]
  return names.includes(container) || (id !== '' && id.startsWith(container))
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
