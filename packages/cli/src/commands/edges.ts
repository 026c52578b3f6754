import type { Command } from 'commander'
import { EdgeView } from '@roadstead/shared/protocol/http.ts'
import { edgeColumns } from '../core/views/edges.ts'
import type { Run } from '../shell.ts'
import { addListing } from './listing.ts'

export function addEdges(program: Command, run: Run): void {
  addListing(program, run, {
    name: 'edges',
    summary: 'Edges: what is in force at each, and what it refused',
    path: '/edges',
    item: EdgeView,
    columns: edgeColumns,
    words: ({ id, name }) => [id, name],
    live: ({ edges }) => edges,
  })
}
