import { canonical } from '@roadstead/shared/kernel/canonical.ts'
import type { EdgeId, HostId, InstanceId, SiteId } from '@roadstead/shared/kernel/ids.ts'
import type { ObjectMention } from '@roadstead/shared/protocol/kept-object.ts'
import {
  CARRIED_BYTES_MAX,
  INLINE_BYTES_MAX,
  type TableManifest,
  type Trace,
} from '@roadstead/shared/protocol/table.ts'
import type { Graph } from '../graph/graph.ts'
import { presenceOf, sortedHosts } from '../graph/select.ts'
import type { EncodedSlice, EncodedTable } from './encode.ts'

export interface ManifestHead {
  readonly site: SiteId
  readonly edge: EdgeId
  readonly epoch: number
  readonly version: number
  readonly instance: InstanceId
  /** See `InputDigests`. */
  readonly input: string
  readonly force: boolean
  /** Absent: there are none. */
  readonly objects?: readonly ObjectMention[]
  readonly trace?: Trace | undefined
}

/** Hash of each slice as the stream has it on its own, by bucket. */
export type StoredSlices = ReadonlyMap<number, string>

/**
 * How the slices that are not stored yet get to the edge. At every moment each slice that the head
 * names is in it or stored: what rides is stored behind it, and only what is too much for it before.
 */
export interface Carriage {
  readonly before: readonly number[]
  readonly riding: ReadonlySet<number>
  readonly behind: readonly number[]
  /** They are few among many: the next change is likely in others, and need not carry these. */
  readonly isFew: boolean
}

/** Where a larger part of all slices rides, the next head has other texts for the same ones. */
const FEW_SHARE = 0.25
/** To store them takes a millisecond or two each, and a change may come meanwhile. */
const FEW_MAX = 16

export function carriageOf({ slices }: EncodedTable, stored: StoredSlices): Carriage {
  const loose = slices.flatMap(({ hash }, bucket) => (stored.get(bucket) === hash ? [] : [bucket]))
  const bytes = loose.reduce((sum, bucket) => sum + bytesOf(slices[bucket]), 0)
  const isFew = loose.length <= Math.min(FEW_MAX, FEW_SHARE * slices.length)
  if (bytes > INLINE_BYTES_MAX) return { before: loose, riding: new Set(), behind: [], isFew }
  const behind = bytes > CARRIED_BYTES_MAX ? loose : []
  return { before: [], riding: new Set(loose), behind, isFew }
}

/** Texts of a table are ASCII by its alphabet, so their length is their size. */
function bytesOf(slice: EncodedSlice | undefined): number {
  return slice?.text.length ?? 0
}

/** The head of a table, to be signed; the slices of these buckets ride in it. */
export function manifestOf(
  head: ManifestHead,
  { slices }: EncodedTable,
  graph: Graph,
  riding: ReadonlySet<number>,
): TableManifest {
  const { objects = [], trace, ...rest } = head
  const inline = slices.map(({ text }, bucket) => (riding.has(bucket) ? text : null))
  return {
    v: 1,
    ...rest,
    slices: slices.map(({ hash }) => hash),
    witnesses: [...witnessesOf(graph)],
    ...(objects.length > 0 && { objects: [...objects] }),
    ...(riding.size > 0 && { inline }),
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
