import type { Clock } from '@roadstead/shared/kernel/clock.ts'
import type { EdgeState } from '../core/edge-state.ts'
import type { PersistedFence, PersistedTable } from '../core/persisted.ts'

export interface RestoreDeps {
  readonly disk: {
    readFence(): Promise<PersistedFence | undefined>
    readTable(): Promise<PersistedTable | undefined>
  }
  readonly files: { generation(): Promise<string | undefined> }
  readonly state: EdgeState
  readonly clock: Clock
}

/**
 * What this edge knew before: its fence, and the table in force. The table becomes the desired one
 * again, so checks begin and nginx is brought to it, whether or not a master is there.
 */
export async function restoreState({ disk, files, state, clock }: RestoreDeps): Promise<void> {
  const fence = await disk.readFence()
  if (fence !== undefined) {
    const { epochMax, stamp } = fence
    state.fence = { epochMax, ...(stamp === undefined ? {} : { stamp }) }
  }
  const kept = await disk.readTable()
  const generation = await files.generation()
  if (kept === undefined || generation === undefined) return
  const { stamp, services, routes } = kept
  const acceptedMs = clock.wallMs()
  const table = { services, routes }
  state.inForce = { stamp, table, generation, since: new Date(acceptedMs).toISOString() }
  // A table that was accepted and never came into force is asked for again.
  const isNewest = fence?.stamp?.epoch === stamp.epoch && fence.stamp.version === stamp.version
  if (isNewest) state.desired = { stamp, table, acceptedMs }
}
