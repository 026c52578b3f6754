/**
 * A pace that lets a few go at once and then one in a while: whoever has little to do waits for nothing,
 * and whoever has much to do does it in larger steps.
 */
export class TokenBucket {
  readonly #burst: number
  readonly #everyMs: number
  #tokens: number
  #countedAtMs: number

  /** @param burst how many may go at once after a rest; then one every `everyMs`. */
  constructor(limits: { readonly burst: number; readonly everyMs: number }, nowMs: number) {
    this.#burst = limits.burst
    this.#everyMs = limits.everyMs
    this.#tokens = limits.burst
    this.#countedAtMs = nowMs
  }

  /** How long until one may go, 0 for now. */
  waitMs(nowMs: number): number {
    const earned = (nowMs - this.#countedAtMs) / this.#everyMs
    this.#tokens = Math.min(this.#burst, this.#tokens + earned)
    this.#countedAtMs = nowMs
    return Math.max(0, 1 - this.#tokens) * this.#everyMs
  }

  /** One goes. */
  take(): void {
    this.#tokens -= 1
  }
}
