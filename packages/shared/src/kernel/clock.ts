/**
 * Time as an argument. Everything that waits, ages or stamps takes a `Clock`, so that a test can
 * own time; this file is the only reader of the machine's clocks and the only setter of timers.
 *
 * Two clocks on purpose: `monoMs` measures spans and never jumps, `wallMs` is for people and for
 * comparing with an engine's own stamps. Nothing may be ordered by `wallMs`.
 */
export interface Clock {
  /** Milliseconds since 1970 as this machine believes; may jump. For people and traces only. */
  wallMs(): number
  /** Milliseconds since an arbitrary start; never goes back. */
  monoMs(): number
  /** Resolves after `ms`, or at once when `signal` aborts (it never rejects: look at the signal). */
  sleep(ms: number, signal?: AbortSignal): Promise<void>
  /** Calls `task` once after `ms`, and soon when that has passed already, unless disposed before. */
  after(ms: number, task: () => void): Disposable
}

export const systemClock: Clock = {
  wallMs: () => Date.now(),
  monoMs: () => performance.now(),
  sleep: (ms, signal) => sleep(ms, signal),
  after: (ms, task) => {
    const timer = setTimeout(task, Math.max(0, ms))
    return { [Symbol.dispose]: () => clearTimeout(timer) }
  },
}

function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  if (signal?.aborted) return Promise.resolve()
  const { promise, resolve } = Promise.withResolvers<void>()
  const timer = setTimeout(done, Math.max(0, ms))
  signal?.addEventListener('abort', done, { once: true })
  return promise

  function done(): void {
    clearTimeout(timer)
    signal?.removeEventListener('abort', done)
    resolve()
  }
}
