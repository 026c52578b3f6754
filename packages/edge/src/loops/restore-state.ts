import type { Clock } from '@roadstead/shared/kernel/clock.ts'
import type { Digest } from '@roadstead/shared/kernel/digest.ts'
import type { Fence } from '../core/accept.ts'
import type { EdgeState } from '../core/edge-state.ts'
import { type NamedEntries, wholeGeneration } from '../core/live/entries.ts'
import type { HeldObjects } from '../core/objects/held-object.ts'
import type { PersistedFence, PersistedTable } from '../core/persisted.ts'

export interface RestoreDeps {
  readonly disk: {
    readFence(): Promise<PersistedFence | undefined>
    readTable(): Promise<PersistedTable | undefined>
  }
  readonly objectFiles: { read(): Promise<HeldObjects> }
  readonly files: {
    generation(): Promise<string | undefined>
    readLive(): Promise<NamedEntries | undefined>
  }
  readonly tier: 'live' | 'reload'
  readonly digest: Digest
  readonly state: EdgeState
  readonly clock: Clock
}

/**
 * What this edge knew before: its fence, and the table in force. The table becomes the desired one
 * again, so checks begin and nginx is brought to it, whether or not a master is there.
 */
export async function restoreState(deps: RestoreDeps): Promise<void> {
  const { disk, files, state, clock, digest } = deps
  const fence = await disk.readFence()
  if (fence !== undefined) {
    const { epochMax, stamp } = fence
    state.fence = { epochMax, ...(stamp === undefined ? {} : { stamp }) }
  }
  state.holdObjects(await deps.objectFiles.read())
  const kept = await disk.readTable()
  const file = await files.generation()
  if (kept === undefined || file === undefined) return
  const live = deps.tier === 'live' ? await files.readLive() : undefined
  const name = deps.tier === 'live' ? (live?.generation ?? '') : undefined
  const generation = wholeGeneration(file, name, digest)
  const { stamp, services, routes, streams } = kept
  const acceptedMs = clock.wallMs()
  const table = { services, routes, streams }
  const since = new Date(acceptedMs).toISOString()
  state.inForce = { stamp, table, generation, file, entries: live?.set, since }
  state.kept = { stamp, generation }
  // What was in force was accepted, also where the disk was too slow for the fence that says so.
  if (isBehind(state.fence.stamp, stamp)) {
    state.fence = { epochMax: Math.max(state.fence.epochMax, stamp.epoch), stamp }
  }
  // One that was accepted later and never came to the disk is taken when it is offered again.
  state.desired = { stamp, table, acceptedMs }
}

function isBehind(stamp: Fence['stamp'], other: Fence['stamp']): boolean {
  if (stamp === undefined || other === undefined) return stamp === undefined && other !== undefined
  if (stamp.epoch !== other.epoch) return stamp.epoch < other.epoch
  return stamp.instance === other.instance && stamp.version < other.version
}
