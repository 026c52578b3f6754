import type { Clock } from '@roadstead/shared/kernel/clock.ts'

/**
 * How far this master has read the control stream, and which decision keys it found there, deleted
 * ones included. Whoever has written waits here until the own word has come back.
 */
export class ControlPosition {
  readonly #clock: Clock
  #seq = 0
  #isCaughtUp = false
  readonly #keys = new Set<string>()
  readonly #waiting = new Set<() => void>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  get isCaughtUp(): boolean {
    return this.#isCaughtUp
  }

  hasSeen(key: string): boolean {
    return this.#keys.has(key)
  }

  sawDecision(key: string): void {
    this.#keys.add(key)
  }

  /** Something stands there that is no decision, so what did is lost. */
  lostDecision(key: string): void {
    this.#keys.delete(key)
  }

  advance(seq: number): void {
    this.#seq = seq
    for (const wake of this.#waiting) wake()
  }

  setCaughtUp(isCaughtUp: boolean): void {
    this.#isCaughtUp = isCaughtUp
    if (!isCaughtUp) this.#keys.clear()
  }

  /** Resolves when everything up to `seq` has been read, or after `waitMs`: it is stored either way. */
  async reached(seq: number, waitMs: number): Promise<void> {
    if (this.#seq >= seq) return
    const { promise, resolve } = Promise.withResolvers<void>()
    const look = (): void => {
      if (this.#seq >= seq) resolve()
    }
    using _deadline = this.#clock.after(waitMs, resolve)
    this.#waiting.add(look)
    await promise
    this.#waiting.delete(look)
  }
}
