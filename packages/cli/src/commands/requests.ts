import type { Command } from 'commander'
import { RequestView } from '@roadstead/shared/protocol/http-requests.ts'
import { requestColumns } from '../core/views/requests.ts'
import type { Run } from '../shell.ts'
import { addListing } from './listing.ts'

export function addRequests(program: Command, run: Run): void {
  addListing(program, run, {
    name: 'requests',
    summary: 'What visitors asked of each route and of each endpoint, and how it went',
    path: '/requests',
    item: RequestView,
    columns: () => requestColumns,
    words: ({ name, service, what }) => [name, service ?? '', what],
  })
}
