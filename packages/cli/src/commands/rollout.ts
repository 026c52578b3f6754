import type { Command } from 'commander'
import { z } from 'zod'
import type { Run } from '../shell.ts'
import { beginRun, type RunFlags, withRunFlags } from './begin-run.ts'
import { wrongUsage } from './usage.ts'

interface Flags extends RunFlags {
  readonly atOnce: string
}

export function addRollout(program: Command, run: Run): void {
  const command = program
    .command('rollout <service>')
    .summary('Restart every container of a service, one or a few at a time')
    .description(
      'Restarts every container of a service, each taken out of routing first and put back when it is ' +
        'ready, one at a time or as many as told. Stops at the first that fails, leaves the others ' +
        'untouched, and says how to go on.',
    )
    .option('--at-once <n>', 'containers at a time, 1 to 100', '1')
  withRunFlags(command).action((service: string, flags: Flags) =>
    run((shell) => {
      const body = { service, atOnce: atOnceOf(flags), why: flags.why }
      return beginRun(shell, { path: '/rollout', body }, flags)
    }),
  )
}

function atOnceOf({ atOnce }: Flags): number {
  const parsed = z.coerce.number().int().min(1).max(100).safeParse(atOnce)
  if (!parsed.success) throw wrongUsage('--at-once', 'must be a number from 1 to 100')
  return parsed.data
}
