import type { Command } from 'commander'
import { RoadsteadError } from '@roadstead/shared/kernel/roadstead-error.ts'
import { listOf, RunView } from '@roadstead/shared/protocol/http.ts'
import { runText } from '../core/views/run.ts'
import { runColumns } from '../core/views/runs.ts'
import type { Run, Shell } from '../shell.ts'
import { followRun } from './follow-run.ts'
import { type Format, formatOption, print } from './format.ts'
import { type Listing, showList } from './listing.ts'

interface Flags {
  readonly output: Format
  readonly watch?: true
}

export function addRuns(program: Command, run: Run): void {
  program
    .command('runs [id]')
    .summary('Drains, restarts and rollouts: those under way and those that ended')
    .description(
      'Runs, newest first; or one run with its containers and its log, by its id or the beginning of ' +
        'it. With --watch one run is followed to its end, and its exit code is that of the run.',
    )
    .addOption(formatOption())
    .option('-w, --watch', 'keep printing as it changes')
    .action((id: string | undefined, flags: Flags) =>
      run((shell) =>
        id === undefined ? showList(shell, listing, [], flags) : showRun(shell, id, flags),
      ),
    )
}

const listing: Listing<typeof RunView> = {
  path: '/runs',
  item: RunView,
  columns: runColumns,
  words: () => [],
  live: ({ runs }) => runs.toSorted(newestFirst),
}

/** Patches of the feed add rows at the end. */
function newestFirst(a: RunView, b: RunView): number {
  return Date.parse(b.since) - Date.parse(a.since)
}

async function showRun(shell: Shell, id: string, flags: Flags): Promise<number> {
  const found = await findRun(shell, id)
  if (flags.watch === true) return followRun(shell, found, flags.output)
  print(shell.output, flags.output, found, (page) => runText(found, shell.clock.wallMs(), page))
  return 0
}

const WHOLE_ID = 16

async function findRun({ api }: Shell, id: string): Promise<RunView> {
  if (id.length >= WHOLE_ID) {
    const path = `/runs/${encodeURIComponent(id)}`
    return api.ask({ method: 'GET', path, answer: RunView })
  }
  const { items } = await api.ask({ method: 'GET', path: '/runs', answer: listOf(RunView) })
  const [only, ...others] = items.filter((run) => run.id.startsWith(id))
  if (only === undefined) throw new RoadsteadError('not-found', { run: id })
  if (others.length === 0) return only
  const runs = [only, ...others].map((run) => run.id).slice(0, NAMED_MAX)
  throw new RoadsteadError('ambiguous-name', { runs })
}

/** More would not help to choose. */
const NAMED_MAX = 10
