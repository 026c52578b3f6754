import { type Command, Option } from 'commander'
import { RunView } from '@roadstead/shared/protocol/http.ts'
import { titleOf } from '../core/views/run.ts'
import type { Shell } from '../shell.ts'
import { followRun } from './follow-run.ts'
import { type Format, formatOption, print } from './format.ts'

export interface RunFlags {
  readonly output: Format
  readonly why: string
  /** False with `--no-wait`. */
  readonly wait: boolean
}

/** The flags of every command that begins a run. */
export function withRunFlags(command: Command): Command {
  return command
    .addOption(new Option('--why <text>', 'for whoever looks later').default('', 'nothing'))
    .option('--no-wait', 'print the id of the run and leave it to the masters')
    .addOption(formatOption())
}

export interface Beginning {
  readonly path: string
  readonly body: unknown
}

/** Asks the leader to begin, and shows the run until it has ended, unless told not to. */
export async function beginRun(shell: Shell, what: Beginning, flags: RunFlags): Promise<number> {
  const { output } = shell
  const run = await begin(shell, what)
  if (flags.wait) return followRun(shell, run, flags.output)
  // The id alone on standard output, so that a script can keep it.
  print(output, flags.output, run, () => `${run.id}\n`)
  if (flags.output === 'table' || flags.output === 'wide') {
    output.note(`${titleOf(run)} goes on; to see how: roadstead runs ${run.id}\n`)
  }
  return 0
}

async function begin({ api, output, signal }: Shell, { path, body }: Beginning): Promise<RunView> {
  try {
    return await api.ask({ method: 'POST', path, body, answer: RunView })
  } catch (error) {
    if (signal.aborted) {
      output.note('\ninterrupted while asking; `roadstead runs` tells whether it has begun\n')
    }
    throw error
  }
}
