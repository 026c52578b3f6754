/**
 * A wake-up call that carries nothing but "look again". Rings while nobody waits are kept as one,
 * so a slow listener does its work once for a thousand rings and never misses the last.
 */
export class Bell {
  #rung = false
  #wake: (() => void) | undefined

  ring(): void {
    this.#rung = true
    this.#wake?.()
  }

  /** Resolves when rung (at once if it was rung since the last call) or when `signal` aborts. */
  async rung(signal: AbortSignal): Promise<void> {
    if (!this.#rung && !signal.aborted) await this.#next(signal)
    this.#rung = false
  }

  #next(signal: AbortSignal): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    const wake = (): void => resolve()
    this.#wake = wake
    signal.addEventListener('abort', wake, { once: true })
    return promise.finally(() => {
      this.#wake = undefined
      signal.removeEventListener('abort', wake)
    })
  }
}
