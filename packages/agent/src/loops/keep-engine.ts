import { backoff } from '@roadstead/shared/kernel/backoff.ts'
import type { Clock } from '@roadstead/shared/kernel/clock.ts'
import type { Log } from '@roadstead/shared/kernel/log.ts'
import type { Random } from '@roadstead/shared/kernel/random.ts'

const RETRY = { firstMs: 1_000, maxMs: 30_000 }
/** A thread that lived so long did not fail at its start: the next failure is another one. */
const LIVED_MS = 60_000
/** For its last heartbeat, and for what it has not told yet to reach the disk. */
const STOP_MS = 5_000

/** What watches one engine, apart from all others: with a heap and an event loop of its own. */
export interface EngineThread {
  /** Resolves with how it ended; never rejects. */
  readonly ended: Promise<string>
  askToStop(): void
  /** Resolves when it is over, whatever it was doing. */
  end(): Promise<void>
}

export interface KeepEngineDeps {
  readonly start: () => EngineThread
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
}

/**
 * Keeps the thread of one engine running. However it fails, for want of an identity, of memory or by a
 * fault of ours, the others do not notice, and it is started again.
 */
export async function keepEngine(deps: KeepEngineDeps, signal: AbortSignal): Promise<void> {
  const { start, clock, random, log } = deps
  const retry = backoff(RETRY, random)
  while (!signal.aborted) {
    const sinceMs = clock.monoMs()
    const thread = start()
    const stopping = onAbort(signal, () => thread.askToStop())
    const how = await Promise.race([thread.ended, stopping.then(() => clock.sleep(STOP_MS))])
    await thread.end()
    if (signal.aborted) return
    if (clock.monoMs() - sinceMs >= LIVED_MS) retry.reset()
    log.error({ how: how ?? '' }, 'watching this engine failed, starting again')
    await clock.sleep(retry.nextMs(), signal)
  }
}

function onAbort(signal: AbortSignal, act: () => void): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  const acted = (): void => {
    act()
    resolve()
  }
  if (signal.aborted) acted()
  else signal.addEventListener('abort', acted, { once: true })
  return promise
}
