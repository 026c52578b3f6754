import type { MasterBus } from '@roadstead/bus/ports.ts'
import type { Clock } from '@roadstead/shared/kernel/clock.ts'
import type { HostId } from '@roadstead/shared/kernel/ids.ts'
import { type Heard, hear, type Hearing } from '../core/decide/hearing.ts'
import type { Graph } from '../core/graph/graph.ts'
import type { StateHashes } from '../core/graph/state-hashes.ts'
import { untilAborted } from './until-aborted.ts'

export interface HeartbeatDeps {
  readonly bus: Pick<MasterBus, 'onHeartbeat'>
  readonly clock: Clock
  readonly state: {
    readonly graph: Graph
    readonly hearing: Hearing
    hearHost(host: HostId, heard: Heard): void
  }
  readonly stateHashes: StateHashes
}

/** Hears who is there, and whether what each host says of itself is what arrived here. */
export async function hearHeartbeats(deps: HeartbeatDeps, signal: AbortSignal): Promise<void> {
  const { bus, clock, state, stateHashes } = deps
  using _beats = bus.onHeartbeat((host, beat) => {
    const before = state.hearing.get(host)
    const at = { monoMs: clock.monoMs(), wallMs: clock.wallMs() }
    state.hearHost(host, hear(before, beat, at, state.graph, stateHashes))
  })
  await untilAborted(signal)
}
