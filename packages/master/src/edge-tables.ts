import type { Digest } from '@roadstead/shared/kernel/digest.ts'
import type { EdgeId } from '@roadstead/shared/kernel/ids.ts'
import type { EdgeStatus } from '@roadstead/shared/protocol/edge-status.ts'
import type { ServiceKey } from '@roadstead/shared/protocol/route.ts'
import type { Graph } from './core/graph/graph.ts'
import type { EdgeFacts } from './core/routes/edge-place.ts'
import { changeEdgeTable, type EdgeTable } from './core/routes/edge-table.ts'
import { bucketsFor, changeEncoded, type EncodedTable, encodeTable } from './core/routes/encode.ts'
import type { RouteTable } from './core/routes/table.ts'

export interface EncodedEdgeTable {
  readonly table: EdgeTable
  readonly encoded: EncodedTable
}

/** The table of every edge, brought up to date by what changed and only when somebody looks. */
export class EdgeTables {
  readonly #digest: Digest
  #kept = new Map<EdgeId, EncodedEdgeTable>()
  #changed = new Set<ServiceKey>()
  #graph: Graph | undefined
  #edges = new Map<EdgeId, EdgeStatus>()

  constructor(digest: Digest) {
    this.#digest = digest
  }

  /** These services may have changed since the last refresh. */
  touch(services: Iterable<ServiceKey>): void {
    for (const key of services) this.#changed.add(key)
  }

  refresh(
    table: RouteTable,
    graph: Graph,
    edges: ReadonlyMap<EdgeId, { readonly status: EdgeStatus }>,
  ): ReadonlyMap<EdgeId, EncodedEdgeTable> {
    const changed = this.#changed
    const isSameGraph = graph === this.#graph
    const next = new Map<EdgeId, EncodedEdgeTable>()
    const seen = new Map<EdgeId, EdgeStatus>()
    for (const [edge, { status }] of edges) {
      const before = this.#kept.get(edge)
      const isSettled = isSameGraph && changed.size === 0 && this.#edges.get(edge) === status
      const kept =
        before !== undefined && isSettled
          ? before
          : this.#change(before, { table, graph, facts: factsOf(status), changed })
      next.set(edge, kept)
      seen.set(edge, status)
    }
    this.#kept = next
    this.#edges = seen
    this.#graph = graph
    this.#changed = new Set()
    return next
  }

  #change(
    before: EncodedEdgeTable | undefined,
    input: Parameters<typeof changeEdgeTable>[1],
  ): EncodedEdgeTable {
    const step = changeEdgeTable(before?.table, input)
    const { table } = step
    const encoded =
      before === undefined
        ? encodeTable(table, bucketsFor(table), this.#digest)
        : changeEncoded(before, table, step.services, this.#digest)
    return { table, encoded }
  }
}

function factsOf(status: EdgeStatus): EdgeFacts {
  const { edge, host, container, addresses, httpPort, httpsPort } = status
  return { edge, host, container, addresses, httpPort, httpsPort }
}
