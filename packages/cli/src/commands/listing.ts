import type { Command } from 'commander'
import type { z } from 'zod'
import { listOf } from '@roadstead/shared/protocol/http.ts'
import type { LiveState } from '@roadstead/shared/protocol/live.ts'
import { type Column, renderTable } from '../core/table.ts'
import type { Run, Shell } from '../shell.ts'
import { type Format, formatOption, print } from './format.ts'
import { watchState } from './watch.ts'

/** A list that the API has and people read as a table. */
export interface Listing<Item extends z.ZodType> {
  readonly path: string
  readonly item: Item
  readonly columns: (nowMs: number) => readonly Column<z.output<Item>>[]
  /** Words by which a row may be picked: `roadstead hosts alpha`. */
  readonly words: (item: z.output<Item>) => readonly string[]
  /** Where the live feed has the same list; absent: it is asked for again after each change. */
  readonly live?: (state: LiveState) => readonly z.output<Item>[]
}

export interface ListingCommand<Item extends z.ZodType> extends Listing<Item> {
  readonly name: string
  readonly alias?: string
  readonly summary: string
}

interface Flags {
  readonly output: Format
  readonly watch?: true
}

/** Adds the command of a listing: the same flags and habits for each of them. */
export function addListing<Item extends z.ZodType>(
  program: Command,
  run: Run,
  listing: ListingCommand<Item>,
): Command {
  const command = program
    .command(`${listing.name} [words...]`)
    .summary(listing.summary)
    .description(`${listing.summary}. With words, only rows that one of them occurs in.`)
    .addOption(formatOption())
    .option('-w, --watch', 'keep printing as it changes, until interrupted')
    .action((words: string[], flags: Flags) =>
      run((shell) => showList(shell, listing, words, flags)),
    )
  if (listing.alias !== undefined) command.alias(listing.alias)
  return command
}

export async function showList<Item extends z.ZodType>(
  shell: Shell,
  listing: Listing<Item>,
  words: readonly string[],
  flags: Flags,
): Promise<number> {
  const fetchAll = async (): Promise<readonly z.output<Item>[]> => {
    const answer = listOf(listing.item)
    return (await shell.api.ask({ method: 'GET', path: listing.path, answer })).items
  }
  const show = (items: readonly z.output<Item>[]): void => {
    const columns = listing.columns(shell.clock.wallMs())
    const rows = items.filter((item) => isPicked(listing.words(item), words))
    const data = { items: rows, total: rows.length }
    print(shell.output, flags.output, data, (page) => renderTable(columns, rows, page))
  }
  if (flags.watch === undefined) {
    show(await fetchAll())
    return 0
  }
  return watchState(shell, async (state) => show(listing.live?.(state) ?? (await fetchAll())))
}

/** No words pick everything. */
export function isPicked(texts: readonly string[], words: readonly string[]): boolean {
  return words.length === 0 || words.some((word) => texts.some((text) => text.includes(word)))
}
