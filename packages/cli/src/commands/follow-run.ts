import { RoadsteadError } from '@roadstead/shared/kernel/roadstead-error.ts'
import { RunView } from '@roadstead/shared/protocol/http.ts'
import { INTERRUPTED, RUN_FAILED } from '../core/exit-codes.ts'
import { outcomeText } from '../core/views/run.ts'
import { logLines, newEntries, progressBlock } from '../core/views/run-progress.ts'
import { ServerProblem } from '../io/server-problem.ts'
import { redrawable } from '../print/redraw.ts'
import type { Shell } from '../shell.ts'
import { type Format, print } from './format.ts'

/** What a person sees as at once; four small questions a second are nothing to a master. */
const LOOK_MS = 250

/** A change of leaders takes a few seconds; after this nobody is there to be asked. */
const UNANSWERED_MS_MAX = 30_000

/**
 * Shows a run until it has ended, and answers with its exit code. A run is the masters' own: whoever
 * stops looking, by Ctrl-C or because no master answers, leaves it going, and is told so.
 */
export async function followRun(shell: Shell, first: RunView, format: Format): Promise<number> {
  const forPeople = format === 'table' || format === 'wide'
  const show = forPeople ? teller(shell) : () => undefined
  let run = first
  show(run)
  while (run.state === 'running') {
    await shell.clock.sleep(LOOK_MS, shell.signal)
    if (shell.signal.aborted) return leave(shell, run)
    run = await look(shell, run)
    show(run)
  }
  const last = run
  print(shell.output, format, last, (page) => outcomeText(last, shell.clock.wallMs(), page))
  return exitCodeOfRun(last)
}

export function exitCodeOfRun({ state }: RunView): number {
  return state === 'failed' || state === 'cancelled' ? RUN_FAILED : 0
}

function leave({ output }: Shell, { id }: RunView): number {
  output.note(`\nthe run goes on without you; to see how: roadstead runs ${id} --watch\n`)
  return INTERRUPTED
}

/** The run as it is now. While leaders change, nobody may answer, or not know of it yet. */
async function look(shell: Shell, before: RunView): Promise<RunView> {
  const { api, clock, output, signal } = shell
  const path = `/runs/${before.id}`
  const deadline = clock.monoMs() + UNANSWERED_MS_MAX
  for (;;) {
    try {
      return await api.ask({ method: 'GET', path, answer: RunView })
    } catch (error) {
      if (signal.aborted) return before
      if (!isPassing(error) || clock.monoMs() >= deadline) {
        output.note(`the run ${before.id} goes on wherever a master leads\n`)
        throw error
      }
    }
    await clock.sleep(LOOK_MS, signal)
  }
}

function isPassing(error: unknown): boolean {
  if (error instanceof ServerProblem) {
    const { code, status } = error.problem
    return code === 'not-found' || code === 'too-many-requests' || status >= 500
  }
  return error instanceof RoadsteadError && error.code === 'master-unreachable'
}

/** Each entry of the log once, as a line; below them, on a terminal, who is being worked on. */
function teller({ clock, output }: Shell): (run: RunView) => void {
  const block = redrawable(output)
  let seen: RunView['log'][number] | undefined
  return (run) => {
    const lines = logLines(newEntries(seen, run.log), output.page)
    seen = run.log.at(-1) ?? seen
    const below = run.state === 'running' ? progressBlock(run, clock.wallMs(), output.page) : ''
    block.draw(lines, below)
  }
}
