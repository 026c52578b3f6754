import type { Command } from 'commander'
import { LeaderView } from '@roadstead/shared/protocol/http.ts'
import { printable } from '../core/cell.ts'
import { since } from '../core/span.ts'
import type { Run } from '../shell.ts'
import { type Format, formatOption, print } from './format.ts'

export function addLeader(program: Command, run: Run): void {
  program
    .command('leader')
    .summary('The master that leads')
    .addOption(formatOption())
    .action((flags: { readonly output: Format }) =>
      run(async ({ api, clock, output }) => {
        const leader = await api.ask({ method: 'GET', path: '/leader', answer: LeaderView })
        const { epoch, host, pid, url } = leader
        print(output, flags.output, leader, () => {
          const span = since(leader.since, clock.wallMs())
          return printable(`${url} on ${host} (pid ${pid}), epoch ${epoch}, for ${span}`) + '\n'
        })
        return 0
      }),
    )
}
