import type { Container } from '@roadstead/shared/protocol/container.ts'

/**
 * What became of a container between two looks. A fall is an end that nobody asked for: the program
 * ended, its check fails, it no longer accepts. Somebody's `stop`, `restart` or `pause` is none.
 *
 * An agent says `stopping` for a signal and for a death alike, since both have to be quick; so then it
 * is `ending`, and the next look tells by the exit code, or by the engine's own count of restarts.
 */
export type Fall =
  | { readonly kind: 'none' }
  | { readonly kind: 'fall' }
  | { readonly kind: 'ending'; readonly ending: Ending }

/** A run that was ready and is about to be over, if it is not already. */
export interface Ending {
  readonly restartCount: number
  readonly sinceMs: number
}

export interface FallFacts {
  readonly was: Container
  readonly wasReady: boolean
  readonly now: Container
  readonly isReadyNow: boolean
  /** As an earlier look said. */
  readonly ending: Ending | undefined
  readonly nowMs: number
}

export function fallOf(facts: FallFacts): Fall {
  const { was, wasReady, now, isReadyNow, nowMs } = facts
  const fresh = { restartCount: was.restartCount, sinceMs: nowMs }
  const ending = wasReady ? fresh : facts.ending
  if (ending === undefined) return none
  // Engines count only the restarts that they did by themselves, and start anew at a person's.
  if (now.restartCount > ending.restartCount) return fall
  if (isReadyNow) return none
  switch (now.state) {
    case 'running':
      if (now.stopping) return { kind: 'ending', ending }
      return wasReady && was.startedAt === now.startedAt ? fall : none
    case 'exited':
    case 'dead':
    case 'restarting':
      if (!isRequested(now.exitCode, nowMs - ending.sinceMs)) return fall
      return now.restartPolicy === 'no' ? none : { kind: 'ending', ending }
    default:
      return none
  }
}

const none: Fall = { kind: 'none' }
const fall: Fall = { kind: 'fall' }

/**
 * Killed at once, it was out of memory, or somebody was out of patience. Killed after a while, it did
 * not listen to the signal with which it was stopped.
 */
function isRequested(exitCode: number, endedAfterMs: number): boolean {
  if (exitCode === KILLED) return endedAfterMs >= PATIENCE_MS
  return REQUESTED_EXITS.has(exitCode)
}

const KILLED = 137
/** Nobody's grace is shorter, unless it is none. */
const PATIENCE_MS = 1_000
/** Of a program that ended well, or by a signal with which one stops programs: HUP, INT, QUIT, TERM. */
const REQUESTED_EXITS: ReadonlySet<number> = new Set([0, 129, 130, 131, 143])
