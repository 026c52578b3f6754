import type { Clock } from '@roadstead/shared/kernel/clock.ts'
import type { Wanted } from '../core/simulation/convergence.ts'
import type { FleetContainer } from '../core/simulation/fleet.ts'
import type { Visit, Visitors } from '../io/visitor.ts'

/** A change that has not arrived by then has not arrived. */
export const FOLLOW_MS_MAX = 30_000

/** What is measured is not blurred by more than this, or by a twentieth of itself. */
const LOOK_MS_MIN = 4
const LOOK_SHARE = 0.05

export interface FollowDeps {
  readonly visitors: Visitors
  readonly clock: Clock
}

/**
 * Asks nginx again and again until a visitor gets what he should, and says when that was, in
 * milliseconds since 1970; undefined when it never was, or `signal` aborted first.
 */
export async function untilSeen(
  { visitors, clock }: FollowDeps,
  container: FleetContainer,
  wants: Wanted,
  signal: AbortSignal,
): Promise<number | undefined> {
  const beganMs = clock.monoMs()
  while (!signal.aborted && clock.monoMs() - beganMs < FOLLOW_MS_MAX) {
    const answer = await visitors.visit(container.domain)
    if (isSeen(answer, container, wants)) return clock.wallMs()
    const soon = Math.max(LOOK_MS_MIN, LOOK_SHARE * (clock.monoMs() - beganMs))
    await clock.sleep(soon, signal)
  }
  return undefined
}

/** A 502 is of a container that nginx still believes in, so it is neither. */
export function isSeen(answer: Visit, { name }: FleetContainer, wants: Wanted): boolean {
  if (answer.kind === 'lost') return false
  const { body, status } = answer
  if (wants === 'served') return status === 200 && body.includes(`Name: ${name}\n`)
  return status === 503 || status === 404
}
