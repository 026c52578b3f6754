import type { Random } from './random.ts'

/** Waits between attempts: doubling from `firstMs` to `maxMs`, each drawn from its upper half. */
export interface Backoff {
  /** Milliseconds to wait before the next attempt. */
  nextMs(): number
  /** To be called after a success: the next failure starts from `firstMs` again. */
  reset(): void
}

export function backoff(
  limits: { readonly firstMs: number; readonly maxMs: number },
  random: Random,
): Backoff {
  let ceiling = limits.firstMs
  return {
    nextMs() {
      const wait = ceiling * (0.5 + random.next() / 2)
      ceiling = Math.min(ceiling * 2, limits.maxMs)
      return wait
    },
    reset() {
      ceiling = limits.firstMs
    },
  }
}
