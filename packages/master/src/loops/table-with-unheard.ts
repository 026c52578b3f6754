import type { ControlStream } from '@roadstead/bus/ports.ts'
import type { Clock } from '@roadstead/shared/kernel/clock.ts'
import type { Digest } from '@roadstead/shared/kernel/digest.ts'
import type { ContainerId, EdgeId, HostId, SiteId } from '@roadstead/shared/kernel/ids.ts'
import type { TableManifest } from '@roadstead/shared/protocol/table.ts'
import type { Graph } from '../core/graph/graph.ts'
import { drainOf } from '../core/graph/select.ts'
import type { EdgeTable } from '../core/routes/edge-table.ts'
import { bucketsFor, type EncodedTable, encodeTable } from '../core/routes/encode.ts'
import { keepUnheard } from './keep-unheard.ts'
import { tableBefore } from './table-before.ts'

export interface UnheardState {
  readonly graph: Graph
  readonly desired: ReadonlyMap<EdgeId, TableManifest>
  /** The host has spoken in this life of the master, and all it said is folded. */
  isHeard(host: HostId): boolean
  /** Hosts that are there, and have not told all that is on them. */
  awaited(): ReadonlySet<HostId>
  /** The edge has routes in force. */
  servesAnything(edge: EdgeId): boolean
}

export interface UnheardDeps {
  readonly site: SiteId
  readonly control: Pick<ControlStream, 'read'>
  readonly state: UnheardState
  readonly settle: { readonly isSettled: boolean }
  readonly clock: Pick<Clock, 'monoMs'>
  readonly digest: Digest
}

/**
 * Whose endpoints are taken over from the table before; undefined: nobody's. Until a master has settled,
 * all who have not spoken. After that a silent host is silent, but one that is heard and has not
 * told everything is about to: a hole in a stream, or a stream that was lost, is not its word.
 */
export function unheardBy(
  beganMs: number,
  { clock, settle, state }: UnheardDeps,
): ((host: HostId) => boolean) | undefined {
  if (!settle.isSettled) return (host) => !state.isHeard(host)
  if (clock.monoMs() - beganMs >= AWAITED_MS_MAX) return undefined
  const awaited = state.awaited()
  return awaited.size === 0 ? undefined : (host) => awaited.has(host)
}

/** Two beats that disagree, a snapshot, and as much again for one that gets lost; nobody is kept for ever. */
const AWAITED_MS_MAX = 60_000

/**
 * The table that the edge may get now: its own once all who are in the one before have spoken. Undefined
 * while it is not known what the edge has: then it keeps that for a moment longer.
 */
export async function tableWithUnheard(
  edge: EdgeId,
  own: { readonly table: EdgeTable; readonly encoded: EncodedTable },
  isUnheard: (host: HostId) => boolean,
  { control, digest, settle, site, state }: UnheardDeps,
): Promise<EncodedTable | undefined> {
  const unknown = settle.isSettled ? own.encoded : undefined
  const manifest = state.desired.get(edge)
  if (manifest === undefined) return state.servesAnything(edge) ? unknown : own.encoded
  const before = await tableBefore(control, site, edge, manifest)
  if (before === undefined) return unknown
  const { graph } = state
  const isDrained = (host: HostId, container: ContainerId): boolean =>
    drainOf(graph, host, container) !== undefined
  const merged = keepUnheard(own.table, before, isUnheard, isDrained)
  if (merged === own.table) return own.encoded
  return encodeTable(merged, bucketsFor(merged, manifest.slices.length), digest)
}
