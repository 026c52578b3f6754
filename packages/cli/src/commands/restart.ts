import type { Command } from 'commander'
import type { Run } from '../shell.ts'
import { beginRun, type RunFlags, withRunFlags } from './begin-run.ts'

export function addRestart(program: Command, run: Run): void {
  const command = program
    .command('restart <container>')
    .summary('Restart a container: out of routing first, and back when it is ready')
    .description(
      'Takes a container out of routing, waits until no edge uses it, restarts it, waits until it is ' +
        'ready, and puts it back. With another member of its service serving, no visitor notices.',
    )
  withRunFlags(command).action((container: string, flags: RunFlags) =>
    run((shell) =>
      beginRun(shell, { path: '/restart', body: { container, why: flags.why } }, flags),
    ),
  )
}
