import type { Clock } from '@roadstead/shared/kernel/clock.ts'

/** What a master has to have read to its end before it knows what there is. */
export const STREAMS = ['control', 'snapshots', 'events', 'edges'] as const
export type Stream = (typeof STREAMS)[number]

/**
 * Whether this master has heard enough to remove anything on its own reckoning: all streams read to
 * their end once, and then as long as three heartbeats take. A standby that has done so long ago
 * takes over without a wait; losing the bus for a while changes nothing, since nothing is forgotten.
 */
export class SettleWindow {
  readonly #clock: Clock
  readonly #caughtUp = new Set<Stream>()
  readonly #listeners = new Set<() => void>()
  #settlesAtMs = Number.POSITIVE_INFINITY

  constructor(clock: Clock) {
    this.#clock = clock
  }

  setCaughtUp(stream: Stream, isCaughtUp: boolean): void {
    if (isCaughtUp) this.#caughtUp.add(stream)
    else this.#caughtUp.delete(stream)
    if (this.isCaughtUp && this.#settlesAtMs === Number.POSITIVE_INFINITY) {
      this.#settlesAtMs = this.#clock.monoMs() + SETTLE_MS
    }
    if (this.isCaughtUp) for (const listener of this.#listeners) listener()
  }

  /** Everything has to be read to its end once more; the wait is not repeated. */
  doubt(): void {
    this.#caughtUp.clear()
  }

  onCaughtUp(listener: () => void): Disposable {
    this.#listeners.add(listener)
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) }
  }

  get isCaughtUp(): boolean {
    return this.#caughtUp.size === STREAMS.length
  }

  get isSettled(): boolean {
    return this.#clock.monoMs() >= this.#settlesAtMs
  }
}

/** Three heartbeats: whoever is there has spoken by then. */
const SETTLE_MS = 15_000
