import { setImmediate as turn } from 'node:timers/promises'
import type { Clock } from '@roadstead/shared/kernel/clock.ts'

/** Time that passes only when a test lets it. */
export class ManualClock implements Clock {
  readonly #timers = new Set<{ readonly atMs: number; readonly task: () => void }>()
  #nowMs = 0

  wallMs(): number {
    return Date.UTC(2026, 0, 1) + this.#nowMs
  }

  monoMs(): number {
    return this.#nowMs
  }

  async sleep(ms: number, signal?: AbortSignal): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    using _timer = this.after(ms, resolve)
    signal?.addEventListener('abort', () => resolve(), { once: true })
    if (signal?.aborted !== true) await promise
  }

  after(ms: number, task: () => void): Disposable {
    const timer = { atMs: this.#nowMs + ms, task }
    this.#timers.add(timer)
    return { [Symbol.dispose]: () => void this.#timers.delete(timer) }
  }

  async pass(ms: number): Promise<void> {
    this.#nowMs += ms
    for (const timer of this.#timers) {
      if (timer.atMs > this.#nowMs) continue
      this.#timers.delete(timer)
      timer.task()
    }
    await settled()
  }
}

/** Everything that had only to take its turn has done so. */
export async function settled(): Promise<void> {
  for (let turns = 0; turns < TURNS; turns += 1) await turn()
}

const TURNS = 5
