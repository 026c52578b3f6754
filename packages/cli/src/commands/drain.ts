import type { Command } from 'commander'
import type { Run } from '../shell.ts'
import { beginRun, type RunFlags, withRunFlags } from './begin-run.ts'
import { targetOf } from './target.ts'

interface Flags extends RunFlags {
  readonly host?: true
}

const VERBS = {
  drain: {
    summary: 'Take a container, or all of a host, out of routing, and wait until it is quiet',
    description:
      'Takes a container, or everything on a host, out of routing, and waits until no edge uses it ' +
      'any more: then it can be stopped and no visitor notices. It stays out until it is undrained.',
  },
  undrain: {
    summary: 'Let a container, or a host, be routed again',
    description: 'Takes a drain back: what can serve is routed again.',
  },
} as const

/** Two commands of one shape: out of routing, and back. */
export function addDrain(program: Command, run: Run): void {
  for (const verb of ['drain', 'undrain'] as const) {
    const command = program
      .command(`${verb} <container|host>`)
      .summary(VERBS[verb].summary)
      .description(VERBS[verb].description)
      .option('--host', 'a host is meant, and no container of the same name')
    withRunFlags(command).action((what: string, flags: Flags) =>
      run(async (shell) => {
        const target = await targetOf(shell, what, flags.host === true)
        return beginRun(shell, { path: `/${verb}`, body: { ...target, why: flags.why } }, flags)
      }),
    )
  }
}
