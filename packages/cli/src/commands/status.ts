import type { Command } from 'commander'
import { StatusView } from '@roadstead/shared/protocol/http.ts'
import { statusText } from '../core/views/status.ts'
import type { Run } from '../shell.ts'
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
        const show = (status: StatusView): void =>
          print(shell.output, flags.output, status, (page) =>
            statusText(status, shell.clock.wallMs(), page),
          )
        if (flags.watch === true) return watchState(shell, async ({ status }) => show(status))
        show(await shell.api.ask({ method: 'GET', path: '/status', answer: StatusView }))
        return 0
      }),
    )
}
