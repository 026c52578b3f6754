import type { Command } from 'commander'
import { ImageDetail, ImageList } from '@roadstead/shared/protocol/http-stock.ts'
import { imageText } from '../core/views/image.ts'
import { imagesText, outdatedText } from '../core/views/images.ts'
import type { Run, Shell } from '../shell.ts'
import { type Format, formatOption, print } from './format.ts'
import { isPicked } from './listing.ts'

interface Flags {
  readonly output: Format
  readonly host?: string
  readonly unused?: true
  readonly dangling?: true
  readonly outdated?: true
}

export function addImages(program: Command, run: Run): void {
  const summary = 'Images of all hosts, who runs them, and what can be removed'
  program
    .command('images [words...]')
    .summary(summary)
    .description(`${summary}. With words, only rows that one of them occurs in.`)
    .addOption(formatOption())
    .option('--host <host>', 'only on this host')
    .option('--unused', 'only where no container has it; FREES says what removing it frees')
    .option('--dangling', 'only where it has no name')
    .option('--outdated', 'containers started from a name that another image has now')
    .action((words: string[], flags: Flags) => run((shell) => showImages(shell, words, flags)))

  program
    .command('image <name>')
    .summary('One image: where it is, who runs it, its layers')
    .description('One image, by tag, digest, id or the beginning of an id.')
    .addOption(formatOption())
    .option('--host <host>', 'by the names that images have on this host')
    .action((name: string, flags: Flags) => run((shell) => showImage(shell, name, flags)))
}

async function showImages(shell: Shell, words: readonly string[], flags: Flags): Promise<number> {
  const { api, clock, output } = shell
  const list = await api.ask({
    method: 'GET',
    path: '/images',
    query: {
      ...(flags.host !== undefined && { host: flags.host }),
      ...(flags.unused && { unused: 'true' }),
      ...(flags.dangling && { dangling: 'true' }),
      ...(flags.outdated && { outdated: 'true' }),
    },
    answer: ImageList,
  })
  const items = list.items.filter(({ containers, digests, hosts, id, tags }) => {
    const names = hosts.map(({ hostName }) => hostName)
    const paths = containers.map(({ path }) => path)
    return isPicked([id, ...tags, ...digests, ...names, ...paths], words)
  })
  const shown = { ...list, items, total: items.length }
  print(output, flags.output, shown, (page) =>
    flags.outdated
      ? outdatedText(shown, page)
      : imagesText(shown, clock.wallMs(), page, flags.unused === true && words.length === 0),
  )
  return 0
}

async function showImage(shell: Shell, name: string, flags: Flags): Promise<number> {
  const { api, clock, output } = shell
  const image = await api.ask({
    method: 'GET',
    path: `/images/${name.split('/').map(encodeURIComponent).join('/')}`,
    ...(flags.host !== undefined && { query: { host: flags.host } }),
    answer: ImageDetail,
  })
  print(output, flags.output, image, (page) => imageText(image, clock.wallMs(), page))
  return 0
}
