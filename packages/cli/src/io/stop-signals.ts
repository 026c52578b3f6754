import type { Clock } from '@roadstead/shared/kernel/clock.ts'

/** Signals by which a person, a terminal or a service manager asks to stop. */
const STOP_SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/** A terminal and npm both pass on one Ctrl-C; twins within this span count once. */
const TWIN_MS = 300

/** `signal` aborts at the first request to stop, `hurry` at the second. */
export interface Stop extends Disposable {
  readonly signal: AbortSignal
  readonly hurry: AbortSignal
}

export function watchStop(clock: Clock): Stop {
  const stop = new AbortController()
  const hurry = new AbortController()
  let firstAt = 0
  const onSignal = (): void => {
    if (!stop.signal.aborted) {
      firstAt = clock.monoMs()
      stop.abort()
    } else if (clock.monoMs() - firstAt > TWIN_MS) {
      hurry.abort()
    }
  }
  for (const signal of STOP_SIGNALS) process.on(signal, onSignal)
  return {
    signal: stop.signal,
    hurry: hurry.signal,
    [Symbol.dispose]: () => {
      for (const signal of STOP_SIGNALS) process.off(signal, onSignal)
    },
  }
}
