import type { Clock } from '@roadstead/shared/kernel/clock.ts'
import { RoadsteadError } from '@roadstead/shared/kernel/roadstead-error.ts'

/** Looks this often unless told otherwise: half of what a person would notice. */
const LOOK_MS = 50

export interface Awaited {
  /** Named when it takes too long. */
  readonly what: string
  readonly msMax: number
  /** What to look at then. */
  readonly hint: string
  readonly lookMs?: number
}

export interface Patience {
  readonly clock: Clock
  readonly signal: AbortSignal
}

/**
 * Looks until there is an answer. An error while looking is "not yet".
 *
 * @throws RoadsteadError `timed-out`; or what `signal` was aborted with.
 */
export async function waitUntil<Answer>(
  { clock, signal }: Patience,
  awaited: Awaited,
  look: () => Promise<Answer | undefined>,
): Promise<Answer> {
  const deadline = clock.monoMs() + awaited.msMax
  let cause: unknown
  while (clock.monoMs() < deadline) {
    signal.throwIfAborted()
    try {
      const answer = await look()
      if (answer !== undefined) return answer
    } catch (error) {
      cause = error
    }
    await clock.sleep(awaited.lookMs ?? LOOK_MS, signal)
  }
  signal.throwIfAborted()
  throw new RoadsteadError(
    'timed-out',
    { waitingFor: awaited.what, lookAt: awaited.hint },
    { cause },
  )
}
