import type { Command } from 'commander'
import { VolumeList } from '@roadstead/shared/protocol/http-stock.ts'
import { volumesText } from '../core/views/volumes.ts'
import type { Run, Shell } from '../shell.ts'
import { type Format, formatOption, print } from './format.ts'
import { isPicked } from './listing.ts'

interface Flags {
  readonly output: Format
  readonly host?: string
  readonly unused?: true
}

export function addVolumes(program: Command, run: Run): void {
  const summary = 'Volumes of all hosts, and the containers that mount them'
  program
    .command('volumes [words...]')
    .summary(summary)
    .description(`${summary}. With words, only rows that one of them occurs in.`)
    .addOption(formatOption())
    .option('--host <host>', 'only on this host')
    .option('--unused', 'only those that no container mounts, running or not')
    .action((words: string[], flags: Flags) => run((shell) => showVolumes(shell, words, flags)))
}

async function showVolumes(shell: Shell, words: readonly string[], flags: Flags): Promise<number> {
  const { api, clock, output } = shell
  const list = await api.ask({
    method: 'GET',
    path: '/volumes',
    query: {
      ...(flags.host !== undefined && { host: flags.host }),
      ...(flags.unused && { unused: 'true' }),
    },
    answer: VolumeList,
  })
  const items = list.items.filter(({ containers, driver, hostName, name }) => {
    const paths = containers.map(({ path }) => path)
    return isPicked([`${hostName}/${name}`, driver, ...paths], words)
  })
  const shown = { ...list, items, total: items.length }
  print(output, flags.output, shown, (page) => volumesText(shown, clock.wallMs(), page))
  return 0
}
