import type { Command } from 'commander'
import { HostView } from '@roadstead/shared/protocol/http.ts'
import { hostColumns } from '../core/views/hosts.ts'
import type { Run } from '../shell.ts'
import { addListing } from './listing.ts'

export function addHosts(program: Command, run: Run): void {
  addListing(program, run, {
    name: 'hosts',
    summary: 'Hosts, whether they are heard of, and what runs on them',
    path: '/hosts',
    item: HostView,
    columns: () => hostColumns,
    words: ({ id, name }) => [id, name],
    live: ({ hosts }) => hosts,
  })
}
