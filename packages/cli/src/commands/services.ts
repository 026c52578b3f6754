import type { Command } from 'commander'
import { ServiceView } from '@roadstead/shared/protocol/http.ts'
import { serviceColumns } from '../core/views/services.ts'
import type { Run } from '../shell.ts'
import { addListing } from './listing.ts'

export function addServices(program: Command, run: Run): void {
  addListing(program, run, {
    name: 'services',
    summary: 'Services, their endpoints and the routes that lead to them',
    path: '/services',
    item: ServiceView,
    columns: () => serviceColumns,
    words: ({ key, routes }) => [key, ...routes.map(({ domain }) => domain)],
    live: ({ services }) => services,
  })
}
