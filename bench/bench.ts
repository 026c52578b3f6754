import { machine } from '../test/rig/machine.ts'
import type { EdgeTier } from '../test/rig/rig.ts'

/** What every benchmark prints. Milliseconds unless `unit` says otherwise. */
export interface BenchResult {
  readonly name: string
  /** How the edge applied changes; absent where that makes no difference. */
  readonly tier?: EdgeTier
  readonly unit: string
  readonly n: number
  readonly p50: number
  readonly p90: number
  readonly p99: number
  readonly machine: string
  /** Further figures of the same run: stages, controls, losses. */
  readonly extra: Readonly<Record<string, unknown>>
}

export interface BenchOptions {
  /** How many samples; each benchmark has its own default. */
  readonly samples?: number
  /** Each is measured, one after the other. */
  readonly tiers: readonly EdgeTier[]
}

/** A benchmark: sets up what it needs, measures, cleans up, and returns figures. */
export type Bench = (options: BenchOptions) => Promise<readonly BenchResult[]>

/** The figures of one series of samples. */
export function summarise(
  name: string,
  samples: readonly number[],
  extra: Readonly<Record<string, unknown>> = {},
  unit = 'ms',
): BenchResult {
  return { name, unit, n: samples.length, ...percentiles(samples), machine: machine(), extra }
}

export function percentiles(samples: readonly number[]): { p50: number; p90: number; p99: number } {
  const sorted = [...samples].sort((a, b) => a - b)
  return { p50: pick(sorted, 0.5), p90: pick(sorted, 0.9), p99: pick(sorted, 0.99) }
}

/** The same figures, with the tier that they are about. */
export function inTier(tier: EdgeTier, result: BenchResult): BenchResult {
  return { ...result, name: `${result.name} (${tier} tier)`, tier }
}

/** Nearest rank: with fewer than 100 samples the p99 is the worst of them. */
function pick(sorted: readonly number[], share: number): number {
  const value =
    sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN
  return Math.round(value * 100) / 100
}
