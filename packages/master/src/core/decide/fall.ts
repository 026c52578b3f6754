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
  | { readonly kind: 'ending'; readonly restartCount: number }

export interface FallFacts {
  readonly was: Container
  readonly wasReady: boolean
  readonly now: Container
  readonly isReadyNow: boolean
  /** Count of restarts of the run that ended, as an earlier look said. */
  readonly ending: number | undefined
}

export function fallOf({ was, wasReady, now, isReadyNow, ending }: FallFacts): Fall {
  const restartCount = wasReady ? was.restartCount : ending
  if (restartCount === undefined) return none
  // Engines count only the restarts that they did by themselves, and start anew at a person's.
  if (now.restartCount > restartCount) return fall
  if (isReadyNow) return none
  switch (now.state) {
    case 'running':
      if (now.stopping) return { kind: 'ending', restartCount }
      return wasReady && was.startedAt === now.startedAt ? fall : none
    case 'exited':
    case 'dead':
    case 'restarting':
      if (!REQUESTED_EXITS.has(now.exitCode)) return fall
      return now.restartPolicy === 'no' ? none : { kind: 'ending', restartCount }
    default:
      return none
  }
}

const none: Fall = { kind: 'none' }
const fall: Fall = { kind: 'fall' }

/** Of a program that ended well, or by a signal with which one stops programs: HUP, INT, QUIT, KILL, TERM. */
const REQUESTED_EXITS: ReadonlySet<number> = new Set([0, 129, 130, 131, 137, 143])
