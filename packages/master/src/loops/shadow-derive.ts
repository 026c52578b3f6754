import { Bell } from '@roadstead/shared/kernel/bell.ts'
import type { Clock } from '@roadstead/shared/kernel/clock.ts'
import type { Digest } from '@roadstead/shared/kernel/digest.ts'
import type { EdgeId } from '@roadstead/shared/kernel/ids.ts'
import type { Log } from '@roadstead/shared/kernel/log.ts'
import type { TableManifest } from '@roadstead/shared/protocol/table.ts'
import type { Graph } from '../core/graph/graph.ts'
import type { EdgeTable } from '../core/routes/edge-table.ts'
import { type EncodedTable, encodeTable } from '../core/routes/encode.ts'
import type { InputDigests } from '../core/routes/input-digests.ts'
import type { Policy } from '../core/routes/policy.ts'

export interface ShadowDeps {
  readonly leads: () => boolean
  readonly state: {
    readonly graph: Graph
    readonly policy: Policy
    readonly tables: ReadonlyMap<
      EdgeId,
      { readonly table: EdgeTable; readonly encoded: EncodedTable }
    >
    readonly desired: ReadonlyMap<EdgeId, TableManifest>
    subscribe(topics: readonly ['graph', 'edges', 'desired'], listener: () => void): Disposable
  }
  readonly inputs: InputDigests
  readonly digest: Digest
  readonly clock: Clock
  readonly log: Log
  readonly count: (key: 'shadowDifferences') => void
}

/**
 * A standby derives what the leader derives, and compares whenever both had the same input (I1). A
 * difference means that a takeover would change tables for no reason: it is an error, and counted.
 */
export async function shadowDerive(deps: ShadowDeps, signal: AbortSignal): Promise<void> {
  const { clock, leads, state } = deps
  const bell = new Bell()
  using _changed = state.subscribe(['graph', 'edges', 'desired'], () => bell.ring())
  const compared = new WeakSet<TableManifest>()
  while (!signal.aborted) {
    if (!leads()) compareAll(deps, compared)
    // Nobody waits for it: in a burst it follows at a distance, and compares what the burst ends in.
    await clock.sleep(GATHER_MS, signal)
    await bell.rung(signal)
  }
}

const GATHER_MS = 1_000

function compareAll(deps: ShadowDeps, compared: WeakSet<TableManifest>): void {
  const { digest, inputs, state } = deps
  const { graph, policy } = state
  const open = [...state.desired].filter(([, manifest]) => !compared.has(manifest))
  if (open.length === 0) return
  const { tables } = state
  for (const [edge, manifest] of open) {
    const { table, encoded } = tables.get(edge) ?? {}
    // Not the same input yet: it may become so when what the leader had arrives here.
    if (table === undefined || inputs.of(graph, policy, table.place) !== manifest.input) continue
    compared.add(manifest)
    const buckets = manifest.slices.length
    const isDealtAlike = encoded?.slices.length === buckets
    const { slices } = isDealtAlike ? encoded : encodeTable(table, buckets, digest)
    const own = slices.map(({ hash }) => hash)
    if (own.join() === manifest.slices.join()) continue
    const { epoch, version, input } = manifest
    deps.count('shadowDifferences')
    deps.log.error({ edge, epoch, version, input, own }, 'table derived differently')
  }
}
