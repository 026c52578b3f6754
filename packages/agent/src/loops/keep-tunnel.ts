import { backoff } from '@roadstead/shared/kernel/backoff.ts'
import type { Clock } from '@roadstead/shared/kernel/clock.ts'
import type { Log } from '@roadstead/shared/kernel/log.ts'
import type { Random } from '@roadstead/shared/kernel/random.ts'

const RETRY = { firstMs: 500, maxMs: 30_000 }
const LOOK_EVERY_MS = 1_000
/** Longer than `ssh` needs to log in, or to notice by itself that the other end is gone. */
const HUNG_MS = 25_000

export interface KeepTunnelDeps {
  readonly tunnel: {
    /** Resolves with how it ended, at the latest when `signal` aborts. */
    run(signal: AbortSignal): Promise<string>
  }
  readonly state: { readonly engine: { readonly state: 'answering' | 'unreachable' } }
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
}

/**
 * Keeps a tunnel open. One through which the engine has not answered for long is ended and opened anew:
 * whether the engine or the way hangs cannot be told from here, and a new way harms neither.
 */
export async function keepTunnel(deps: KeepTunnelDeps, signal: AbortSignal): Promise<void> {
  const { tunnel, clock, random, log } = deps
  const retry = backoff(RETRY, random)
  let told = ''
  while (!signal.aborted) {
    const hung = new AbortController()
    const over = new AbortController()
    const watching = watch(deps, AbortSignal.any([signal, over.signal]))
    void watching.then(({ isHung }) => isHung && hung.abort())
    const why = await tunnel.run(AbortSignal.any([signal, hung.signal]))
    over.abort()
    const { hasAnswered } = await watching
    if (signal.aborted) return
    if (hasAnswered) retry.reset()
    if (why !== told || hasAnswered) log.warn({ why, hung: hung.signal.aborted }, 'ssh has ended')
    told = why
    await clock.sleep(retry.nextMs(), signal)
  }
}

/** Ends when the engine has been silent for too long, or with the signal. */
async function watch({ state, clock }: KeepTunnelDeps, signal: AbortSignal) {
  let hasAnswered = false
  let heardAtMs = clock.monoMs()
  while (!signal.aborted) {
    await clock.sleep(LOOK_EVERY_MS, signal)
    const nowMs = clock.monoMs()
    if (state.engine.state === 'answering') {
      hasAnswered = true
      heardAtMs = nowMs
    }
    if (nowMs - heardAtMs >= HUNG_MS) return { hasAnswered, isHung: true }
  }
  return { hasAnswered, isHung: false }
}
