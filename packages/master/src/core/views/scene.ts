import type { EdgeId, HostId } from '@roadstead/shared/kernel/ids.ts'
import type { EdgeStatus } from '@roadstead/shared/protocol/edge-status.ts'
import type { TableManifest } from '@roadstead/shared/protocol/table.ts'
import type { Hearing } from '../decide/hearing.ts'
import type { Graph } from '../graph/graph.ts'
import type { Derivation } from '../routes/derived.ts'
import type { RequestLedger } from '../requests/ledger.ts'
import type { EdgeTable } from '../routes/edge-table.ts'

/** Everything that a view may show, at one moment. */
export interface Scene extends Derivation {
  readonly graph: Graph
  readonly hearing: Hearing
  readonly edges: ReadonlyMap<EdgeId, { readonly status: EdgeStatus; readonly monoMs: number }>
  readonly tables: ReadonlyMap<EdgeId, { readonly table: EdgeTable }>
  /** The head of each edge's table as it is published. */
  readonly desired: ReadonlyMap<EdgeId, Pick<TableManifest, 'epoch' | 'version'>>
  /** What edges have counted; absent where nobody looks at it. */
  readonly requests?: RequestLedger
  /** On the clock that measures spans. */
  readonly nowMs: number
}

/** The name people know a host by; its id when it has never told one. */
export function hostName({ graph }: Pick<Scene, 'graph'>, host: HostId): string {
  return graph.hosts.get(host)?.facts.name ?? host
}
