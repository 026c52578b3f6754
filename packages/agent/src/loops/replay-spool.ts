import type { Stored } from '@roadstead/bus/ports.ts'
import type { Clock } from '@roadstead/shared/kernel/clock.ts'
import type { EventEnvelope } from '@roadstead/shared/protocol/observation.ts'
import type { SnapshotRequests } from './tell-bus.ts'

/** 200 a second: a site whose hosts all come back at once must not drown its own state in history. */
const GAP_MS = 5
const PAUSE_MS = 1_000

export interface ReplayDeps {
  readonly bus: { publishEvent(event: EventEnvelope): Promise<Stored> }
  readonly spool: {
    oldest(): { readonly events: readonly EventEnvelope[]; forget(): void } | undefined
  }
  readonly snapshots: SnapshotRequests
  readonly clock: Clock
}

/**
 * Tells as history what was kept back, once a snapshot has told how things are now. Kept until the bus
 * has stored it; what is told twice has the same id and counts once.
 */
export async function replaySpool(deps: ReplayDeps, signal: AbortSignal): Promise<void> {
  const { spool, snapshots, clock } = deps
  while (!signal.aborted) {
    const kept = snapshots.isTold ? spool.oldest() : undefined
    if (kept === undefined) {
      await snapshots.told.rung(signal)
    } else if (await tellAll(deps, kept.events, signal)) {
      kept.forget()
    } else {
      await clock.sleep(PAUSE_MS, signal)
    }
  }
}

async function tellAll(
  { bus, snapshots, clock }: ReplayDeps,
  events: readonly EventEnvelope[],
  signal: AbortSignal,
): Promise<boolean> {
  for (const event of events) {
    if (signal.aborted || !snapshots.isTold) return false
    const stored = await bus.publishEvent({ ...event, replay: true })
    // A refusal is final for history: what the bus will not have is not kept for ever.
    if (stored.kind === 'unknown' || (stored.kind === 'refused' && stored.full)) return false
    await clock.sleep(GAP_MS, signal)
  }
  return true
}
