import type { Command } from 'commander'
import { z } from 'zod'
import { HostView } from '@roadstead/shared/protocol/http.ts'
import { hostColumns } from '../core/views/hosts.ts'
import type { Run, Shell } from '../shell.ts'
import { addListing } from './listing.ts'

export function addHosts(program: Command, run: Run): void {
  const hosts = addListing(program, run, {
    name: 'hosts',
    summary: 'Hosts, whether they are heard of, and what runs on them',
    path: '/hosts',
    item: HostView,
    columns: () => hostColumns,
    words: ({ id, name }) => [id, name],
    live: ({ hosts: heard }) => heard,
  })
  hosts
    .command('remove <name...>')
    .summary('Let hosts go whose agents are stopped: their keys are refused, their containers gone')
    .action((names: string[]) => run((shell) => remove(shell, names)))
}

/** One after the other: what one is refused for says nothing of the next, and is said at once. */
async function remove({ api, output }: Shell, names: readonly string[]): Promise<number> {
  for (const name of names) {
    const path = `/hosts/${encodeURIComponent(name)}`
    await api.ask({ method: 'DELETE', path, answer: z.unknown() })
    output.note(`host ${name} is removed\n`)
  }
  return 0
}
