import type { Clock } from '@roadstead/shared/kernel/clock.ts'
import type { Log } from '@roadstead/shared/kernel/log.ts'
import type { EdgeState } from '../core/edge-state.ts'
import { startAgain } from '../core/quiet.ts'

const LOOK_MS = 1_000
/** Old workers answer for a moment after a reload of the operator's, so one answer tells nothing. */
const STRANGE_MAX = 3

export interface FollowNginxDeps {
  readonly nginx: {
    /** Of the master process at the last look. */
    readonly identity: string | undefined
    /** Why it is taken for not running. */
    readonly absent: string | undefined
    look(): Promise<void>
    says(): Promise<
      | { readonly kind: 'generation'; readonly generation: string }
      | { readonly kind: 'other' | 'silent' }
    >
  }
  readonly state: EdgeState
  readonly clock: Clock
  readonly log: Log
}

/**
 * Follows what somebody else does with his nginx: stops and starts it, replaces its container, or has
 * it read other files. Then it is brought to the table again, by the loop that applies tables; here
 * nothing is done to it.
 */
export async function followNginx(deps: FollowNginxDeps, signal: AbortSignal): Promise<void> {
  const { nginx, state, clock, log } = deps
  let strange = 0
  while (!signal.aborted) {
    await clock.sleep(LOOK_MS, signal)
    if (signal.aborted) return
    const before = nginx.identity
    await nginx.look()
    if (nginx.identity !== before) {
      if (nginx.identity === undefined)
        log.warn({ why: nginx.absent }, 'attached nginx does not run')
      else log.info({}, 'attached nginx was started')
      strange = 0
      bringAgain(state)
      continue
    }
    strange = (await answersStrangely(deps)) ? strange + 1 : 0
    if (strange < STRANGE_MAX) continue
    log.warn({}, 'attached nginx serves another file')
    strange = 0
    bringAgain(state)
  }
}

/** It answers, by something else than what is in force, and nothing is on its way. */
async function answersStrangely({ nginx, state }: FollowNginxDeps): Promise<boolean> {
  const { inForce, verified, rendering } = state
  if (inForce === undefined || rendering === undefined) return false
  if (verified !== inForce.generation) return false
  const said = await nginx.says()
  if (said.kind === 'silent' || state.inForce !== inForce) return false
  return said.kind !== 'generation' || said.generation !== inForce.file
}

/** What it runs on is not known any more. */
function bringAgain(state: EdgeState): void {
  state.rendering = undefined
  state.quietBook = startAgain(state.quietBook)
  state.wish()
  state.reportBell.ring()
}
