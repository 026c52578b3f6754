import { Bell } from '@roadstead/shared/kernel/bell.ts'
import type { Clock } from '@roadstead/shared/kernel/clock.ts'
import type { LetGoRequest, RunId } from '@roadstead/shared/protocol/run.ts'
import { type Asked, heardHold } from '../core/runs/holds.ts'

/**
 * What agents asked lately, between the loop that hears them and the loop that carries out runs. It is
 * no record: agents ask again every half second, so another leader has it as soon as it leads.
 */
export class LetGoDesk {
  readonly #clock: Clock
  readonly #asked = new Map<RunId, Asked>()
  readonly #listeners = new Set<() => void>()
  readonly #waiting = new Set<Bell>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  get asked(): ReadonlyMap<RunId, Asked> {
    return this.#asked
  }

  hear(request: LetGoRequest): void {
    const nowMs = this.#clock.monoMs()
    const asking = heardHold(this.#asked.get(request.hold)?.asking, request, nowMs)
    this.#forget(nowMs)
    this.#asked.set(request.hold, { request, asking })
    for (const listener of this.#listeners) listener()
  }

  onAsked(listener: () => void): Disposable {
    this.#listeners.add(listener)
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) }
  }

  /** Something was done: whoever waits for an answer looks again. */
  tell(): void {
    for (const bell of this.#waiting) bell.ring()
  }

  /** Resolves when something was done, after `ms`, or when `signal` aborts. */
  async told(ms: number, signal: AbortSignal): Promise<void> {
    const bell = new Bell()
    this.#waiting.add(bell)
    using _timer = this.#clock.after(ms, () => bell.ring())
    await bell.rung(signal)
    this.#waiting.delete(bell)
  }

  #forget(nowMs: number): void {
    for (const [hold, { asking }] of this.#asked) {
      const isOld = nowMs - asking.lastAskMs >= KEPT_MS
      if (isOld || this.#asked.size >= ASKED_MAX) this.#asked.delete(hold)
    }
  }
}

/** Longer than anything is done because of it. */
const KEPT_MS = 5 * 60_000
/** Every container of a large fleet, stopped at once. */
const ASKED_MAX = 10_000
