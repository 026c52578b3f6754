import type { Command } from 'commander'
import { RouteView } from '@roadstead/shared/protocol/http.ts'
import { routeColumns } from '../core/views/routes.ts'
import type { Run } from '../shell.ts'
import { addListing } from './listing.ts'

export function addRoutes(program: Command, run: Run): void {
  addListing(program, run, {
    name: 'routes',
    summary: 'Domains and paths, and what serves them or why nothing does',
    path: '/routes',
    item: RouteView,
    columns: () => routeColumns,
    words: ({ domain, service }) => [domain, service],
    live: ({ routes }) => routes,
  })
}
