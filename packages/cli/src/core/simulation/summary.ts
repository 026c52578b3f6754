import type { Figures, Wanted } from './convergence.ts'
import type { Deed } from './mix.ts'
import type { SimulationPlan } from './plan.ts'

/** One part of the federation over the whole time. `cpu`: of one core, 1 is all of it. */
export interface PartLoad {
  readonly part: string
  readonly cpu: number
  readonly residentMb: number
  readonly residentMbMax: number
}

/** What came of a simulation. */
export interface Summary {
  readonly plan: SimulationPlan
  readonly tookMs: number
  readonly actions: number
  /** Begun later than they were due, since too many were under way: the rate was not reached. */
  readonly late: number
  readonly faults: number
  /** From the engine's event to the first visitor who was answered accordingly. Milliseconds. */
  readonly convergence: Figures
  readonly byChange: readonly ({ readonly deed: Deed; readonly wants: Wanted } & Figures)[]
  /** On hosts that were cut off or whose engine hung. */
  readonly atFaultyHosts: Figures
  readonly edge: {
    readonly tier: string
    readonly tables: number
    readonly pushes: number
    readonly reloads: number
  }
  /** At the end: who was asked for, and who was not as he should be. */
  readonly audit: { readonly asked: number; readonly wrong: readonly string[] }
  readonly load: readonly PartLoad[]
  /** Which of the masters led at the end. */
  readonly leader: string
}
