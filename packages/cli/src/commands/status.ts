import type { Command } from 'commander'
import { EdgeView, listOf, RunView, StatusView } from '@roadstead/shared/protocol/http.ts'
import { type Overview, statusText } from '../core/views/status.ts'
import { ServerProblem } from '../io/server-problem.ts'
import type { Run, Shell } from '../shell.ts'
import { type Format, formatOption, print } from './format.ts'
import { watchState } from './watch.ts'

interface Flags {
  readonly output: Format
  readonly watch?: true
}

export function addStatus(program: Command, run: Run): void {
  program
    .command('status')
    .summary('The federation on a few lines, with what is degraded')
    .addOption(formatOption())
    .option('-w, --watch', 'keep printing as it changes, until interrupted')
    .action((flags: Flags) =>
      run(async (shell) => {
        // For programs it is what the API has under this name; people get the rest beside it.
        const show = (overview: Overview): void =>
          print(shell.output, flags.output, overview.status, (page) =>
            statusText(overview, shell.clock.wallMs(), page),
          )
        if (flags.watch === true) return watchState(shell, async (state) => show(state))
        show(await overviewOf(shell))
        return 0
      }),
    )
}

async function overviewOf({ api }: Shell): Promise<Overview> {
  const [status, edges, runs] = await Promise.all([
    api.ask({ method: 'GET', path: '/status', answer: StatusView }),
    api.ask({ method: 'GET', path: '/edges', answer: listOf(EdgeView) }),
    api.ask({ method: 'GET', path: '/runs', answer: listOf(RunView) }).catch(noneKnown),
  ])
  return { status, edges: edges.items, runs: runs.items }
}

/** A master of an earlier version has no runs, and everything else. */
function noneKnown(error: unknown): { readonly items: readonly RunView[] } {
  if (error instanceof ServerProblem && error.problem.code === 'not-found') return { items: [] }
  throw error
}
