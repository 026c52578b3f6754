import type { Command } from 'commander'
import { z } from 'zod'
import { ObjectView } from '@roadstead/shared/protocol/http-objects.ts'
import { listOf } from '@roadstead/shared/protocol/http.ts'
import type { ObjectKind } from '@roadstead/shared/protocol/kept-object.ts'
import { type Column, renderTable } from '../core/table.ts'
import { edgesCell } from '../core/views/objects.ts'
import type { Run, Shell } from '../shell.ts'
import { type Format, formatOption, print } from './format.ts'

export interface ObjectFlags {
  readonly output: Format
}

type Columns = (nowMs: number) => readonly Column<ObjectView>[]

/** What `users list` and `certificates list` share. */
export function addObjectList(
  command: Command,
  run: Run,
  { columns, kind, summary }: { columns: Columns; kind: ObjectKind; summary: string },
): void {
  command
    .command('list', { isDefault: true })
    .alias('ls')
    .summary(summary)
    .addOption(formatOption())
    .action((flags: ObjectFlags) => run((shell) => list(shell, kind, columns, flags.output)))
}

async function list(
  { api, clock, output }: Shell,
  kind: ObjectKind,
  columns: Columns,
  format: Format,
): Promise<number> {
  const all = await api.ask({ method: 'GET', path: '/objects', answer: listOf(ObjectView) })
  const items = all.items.filter((it) => it.kind === kind)
  const found = { items, total: items.length }
  print(output, format, found, (page) => renderTable(columns(clock.wallMs()), items, page))
  return 0
}

/** Sends a change, and says what is kept now. */
export async function keep(
  { api, output }: Shell,
  method: 'PUT' | 'PATCH',
  path: string,
  body: unknown,
  flags: ObjectFlags,
): Promise<number> {
  const kept = await api.ask({ method, path, body, answer: ObjectView })
  print(output, flags.output, kept, () => keptText(kept))
  return 0
}

export async function forget({ api, output }: Shell, path: string, what: string): Promise<number> {
  await api.ask({ method: 'DELETE', path, answer: z.unknown() })
  output.note(`${what} is removed\n`)
  return 0
}

function keptText(object: ObjectView): string {
  const { facts, name } = object
  const names = facts.names.join(', ')
  const what =
    facts.object === 'users'
      ? `users ${name}: ${names === '' ? 'nobody' : names}`
      : `certificate ${name}: ${names}; until ${facts.notAfter}`
  const others = object.edges.some(({ state }) => state !== 'current')
  const follow = others ? '; they follow within seconds' : ''
  return `${what}\nedges that have it: ${edgesCell(object).text}${follow}\n`
}
