import type { Deed } from './mix.ts'

/**
 * One change on its way, as visitors met it: how long after the engine's event they were first
 * answered as they should be. `unseen`: not within the time that was waited, or not before the next
 * change. `faulty`: its host was cut off or its engine hung meanwhile.
 */
export interface Sample {
  readonly deed: Deed
  readonly wants: Wanted
  readonly ms: number | undefined
  readonly faulty: boolean
}

export type Wanted = 'served' | 'not-served'

export interface Figures {
  readonly n: number
  readonly unseen: number
  readonly p50: number
  readonly p90: number
  readonly p99: number
  readonly max: number
}

/** As many as ten minutes at the highest rate have; of a longer run the newest count. */
const SAMPLES_MAX = 1_000_000
/** For the line that lives: enough for a p99, few enough to be sorted every second. */
const RECENT = 1_000

/** Everything that was seen of convergence. */
export class Convergence {
  #samples: Sample[] = []

  add(sample: Sample): void {
    this.#samples.push(sample)
    // Half at a time: to drop one by one would copy a million for each.
    if (this.#samples.length > SAMPLES_MAX) this.#samples = this.#samples.slice(SAMPLES_MAX / 2)
  }

  /** Of changes on hosts that were well. */
  all(): Figures {
    return figuresOf(this.#samples.filter(({ faulty }) => !faulty))
  }

  recent(): Figures {
    return figuresOf(this.#samples.slice(-RECENT).filter(({ faulty }) => !faulty))
  }

  faulty(): Figures {
    return figuresOf(this.#samples.filter(({ faulty }) => faulty))
  }

  of(deed: Deed, wants: Wanted): Figures {
    return figuresOf(
      this.#samples.filter((it) => !it.faulty && it.deed === deed && it.wants === wants),
    )
  }
}

export function figuresOf(samples: readonly Pick<Sample, 'ms'>[]): Figures {
  const seen = samples.flatMap(({ ms }) => ms ?? []).sort((a, b) => a - b)
  const at = (share: number): number =>
    rounded(seen[Math.min(seen.length - 1, Math.ceil(share * seen.length) - 1)] ?? 0)
  return {
    n: seen.length,
    unseen: samples.length - seen.length,
    p50: at(0.5),
    p90: at(0.9),
    p99: at(0.99),
    max: rounded(seen.at(-1) ?? 0),
  }
}

function rounded(ms: number): number {
  return Math.round(ms * 10) / 10
}
