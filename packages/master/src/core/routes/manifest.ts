import { canonical } from '@roadstead/shared/kernel/canonical.ts'
import type { EdgeId, HostId, InstanceId, SiteId } from '@roadstead/shared/kernel/ids.ts'
import {
  INLINE_BYTES_MAX,
  type TableManifest,
  type Trace,
} from '@roadstead/shared/protocol/table.ts'
import type { Graph } from '../graph/graph.ts'
import { presenceOf, sortedHosts } from '../graph/select.ts'
import type { EncodedTable } from './encode.ts'

export interface ManifestHead {
  readonly site: SiteId
  readonly edge: EdgeId
  readonly epoch: number
  readonly version: number
  readonly instance: InstanceId
  /** See `InputDigests`. */
  readonly input: string
  readonly force: boolean
  readonly trace?: Trace | undefined
}

/** The head of a table, to be signed and written after the slices that it names. */
export function manifestOf(
  head: ManifestHead,
  { slices }: EncodedTable,
  graph: Graph,
): TableManifest {
  const { trace, ...rest } = head
  // Texts of a table are ASCII by its alphabet, so their length is their size.
  const bytes = slices.reduce((sum, { text }) => sum + text.length, 0)
  return {
    v: 1,
    ...rest,
    slices: slices.map(({ hash }) => hash),
    witnesses: [...witnessesOf(graph)],
    ...(bytes <= INLINE_BYTES_MAX && { inline: slices.map(({ text }) => text) }),
    ...(trace !== undefined && { trace }),
  }
}

export function manifestText(manifest: TableManifest): string {
  return canonical(manifest)
}

/** Hosts that are heard and fully told: what is missing from them is gone by their own word (I5). */
export function witnessesOf(graph: Graph): readonly HostId[] {
  return sortedHosts(graph)
    .filter(({ id, synced }) => synced && presenceOf(graph, id) === 'present')
    .map(({ id }) => id)
}
