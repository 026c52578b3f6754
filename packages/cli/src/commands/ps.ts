import type { Command } from 'commander'
import { ContainerView } from '@roadstead/shared/protocol/http.ts'
import { containerColumns } from '../core/views/containers.ts'
import type { Run } from '../shell.ts'
import { addListing } from './listing.ts'

export function addPs(program: Command, run: Run): void {
  addListing(program, run, {
    name: 'ps',
    alias: 'containers',
    summary: 'Containers of all hosts, and whether each is routed',
    path: '/containers',
    item: ContainerView,
    columns: () => containerColumns,
    words: ({ id, path, image }) => [id, path, image.reference],
  })
}
