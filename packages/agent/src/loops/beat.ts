import type { Clock } from '@roadstead/shared/kernel/clock.ts'
import { HEARTBEAT_MS, NONCE_LIFE_MS } from '@roadstead/shared/kernel/limits.ts'
import { jitter, type Random } from '@roadstead/shared/kernel/random.ts'
import type { Heartbeat } from '@roadstead/shared/protocol/heartbeat.ts'
import type { AgentState } from '../state.ts'

const BEAT_JITTER = 0.1
/** Each is told for a third of its life, which is two beats. */
const NONCES_MAX = 3
const NONCE_EVERY_MS = NONCE_LIFE_MS / NONCES_MAX

/** The random texts that a command must quote, newest last. */
export class Nonces {
  readonly #fresh: () => string
  #recent: readonly string[]

  /** @param fresh 32 hexadecimal digits from the operating system. */
  constructor(fresh: () => string) {
    this.#fresh = fresh
    this.#recent = [fresh()]
  }

  get recent(): readonly string[] {
    return this.#recent
  }

  rotate(): void {
    this.#recent = [...this.#recent, this.#fresh()].slice(-NONCES_MAX)
  }
}

export interface BeatDeps {
  readonly bus: {
    beat(heartbeat: Heartbeat): void
    readonly link: { onChange(listener: () => void): Disposable }
  }
  readonly state: AgentState
  readonly spool: { readonly length: number }
  readonly nonces: Nonces
  readonly clock: Clock
  readonly random: Random
}

/**
 * Says "I am here, and this is the last thing I said", every five seconds, on each new link and when
 * the engine changes, lest people read for seconds that one is unreachable which has just answered.
 */
export async function beat(deps: BeatDeps, signal: AbortSignal): Promise<void> {
  const { bus, nonces, clock, random } = deps
  using _link = bus.link.onChange(() => bus.beat(heartbeat(deps, { stopping: false })))
  let nonceSinceMs = clock.monoMs()
  while (!signal.aborted) {
    if (clock.monoMs() - nonceSinceMs >= NONCE_EVERY_MS) {
      nonces.rotate()
      nonceSinceMs = clock.monoMs()
    }
    bus.beat(heartbeat(deps, { stopping: false }))
    const { engineNews } = deps.state
    using _due = clock.after(jitter(HEARTBEAT_MS, BEAT_JITTER, random), () => engineNews.ring())
    await engineNews.rung(signal)
  }
  // The last word: an orderly stop is no alarm.
  bus.beat(heartbeat(deps, { stopping: true }))
}

function heartbeat(
  { state, spool, nonces, clock }: BeatDeps,
  { stopping }: { readonly stopping: boolean },
): Heartbeat {
  return {
    v: 1,
    stamp: state.stamp,
    stateHash: state.stateHash(),
    engine: state.engine.state,
    engineSince: state.engine.since,
    ...(state.engine.problem !== undefined && { engineProblem: state.engine.problem }),
    ...(state.socketProblem !== undefined && { socketProblem: state.socketProblem }),
    spooled: spool.length + state.outbox.length,
    nonce: nonces.recent.at(-1) ?? '',
    sentAtMs: clock.wallMs(),
    stopping,
  }
}
