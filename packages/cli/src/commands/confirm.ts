import type { Command } from 'commander'
import { z } from 'zod'
import { printable } from '../core/cell.ts'
import type { Run } from '../shell.ts'
import { type Format, formatOption, print } from './format.ts'

const Confirmed = z.object({ hosts: z.array(z.string()), edges: z.array(z.string()) })

/** Says that a loss is real, so that what was held back because of it may go on. */
export function addConfirm(program: Command, run: Run): void {
  program
    .command('confirm')
    .summary('Say that a loss is real: what was held back because of it goes on')
    .addOption(formatOption())
    .action((flags: { readonly output: Format }) =>
      run(async ({ api, output }) => {
        const path = '/confirm'
        const confirmed = await api.ask({ method: 'POST', path, body: {}, answer: Confirmed })
        print(output, flags.output, confirmed, () => {
          const { hosts, edges } = confirmed
          const lines = [
            ...hosts.map((host) => `host ${host} may be taken for lost`),
            ...edges.map((edge) => `edge ${edge} takes the table that it held back`),
          ]
          return printable(lines.join('; ')) + '\n'
        })
        return 0
      }),
    )
}
