import type { FleetContainer } from '../core/simulation/fleet.ts'
import type { Mix } from '../core/simulation/mix.ts'
import type { Summary } from '../core/simulation/summary.ts'
import { FOLLOW_MS_MAX, type FollowDeps, isSeen } from './follow.ts'

/** Names of the summary: more are a number and no help. */
const WRONG_MAX = 20
const AT_ONCE = 16
const LOOK_MS = 250

/**
 * Asks for everybody whom a visitor can tell from others, until all are as they should be, or a person
 * will not wait any longer.
 */
export async function audit(
  deps: FollowDeps,
  containers: readonly FleetContainer[],
  mix: Mix,
  hurry: AbortSignal,
): Promise<Summary['audit']> {
  const { clock } = deps
  const asked = containers.filter(({ pooled }) => !pooled)
  const deadline = clock.monoMs() + FOLLOW_MS_MAX
  let wrong = await wrongOnes(deps, asked, mix)
  while (wrong.length > 0 && clock.monoMs() < deadline && !hurry.aborted) {
    await clock.sleep(LOOK_MS, hurry)
    wrong = await wrongOnes(deps, wrong, mix)
  }
  return { asked: asked.length, wrong: wrong.slice(0, WRONG_MAX).map(({ name }) => name) }
}

async function wrongOnes(
  { visitors }: FollowDeps,
  asked: readonly FleetContainer[],
  mix: Mix,
): Promise<readonly FleetContainer[]> {
  const wrong: FleetContainer[] = []
  const line = asked.values()
  const work = async (): Promise<void> => {
    for (const container of line) {
      const wants = mix.conditionOf(container) === 'serving' ? 'served' : 'not-served'
      const answer = await visitors.visit(container.domain)
      if (!isSeen(answer, container, wants)) wrong.push(container)
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, work))
  return wrong
}
