import type { MasterBus } from '@roadstead/bus/ports.ts'
import type { Clock } from '@roadstead/shared/kernel/clock.ts'
import type { Cause, Snapshot } from '@roadstead/shared/protocol/observation.ts'
import type { Reject } from './reject.ts'

export interface FoldSnapshotsDeps {
  readonly bus: Pick<MasterBus, 'followSnapshots'>
  readonly clock: Clock
  readonly state: {
    hear(input: Snapshot, cause?: { readonly cause: Cause; readonly masterMs: number }): void
  }
  readonly notes: { snapshot(snapshot: Snapshot): void }
  readonly reject: Reject
  readonly isCaughtUp: (stream: 'snapshots', caughtUp: boolean) => void
  readonly count: (key: 'eventsReceived', labels: { readonly kind: string }) => void
}

/** The last whole truth of every host, and each that follows. */
export async function foldSnapshots(deps: FoldSnapshotsDeps, signal: AbortSignal): Promise<void> {
  let isHistory = true
  for await (const delivery of deps.bus.followSnapshots(signal)) {
    switch (delivery.kind) {
      case 'invalid':
        deps.reject('snapshots', delivery)
        break
      case 'message': {
        const { value } = delivery
        deps.count('eventsReceived', { kind: value.kind })
        if (isHistory) deps.state.hear(value)
        else deps.state.hear(value, { cause: value.cause, masterMs: deps.clock.wallMs() })
        deps.notes.snapshot(value)
        break
      }
      default:
        isHistory = delivery.kind === 'reset'
        deps.isCaughtUp('snapshots', !isHistory)
    }
  }
}
