import { eventually } from '../rig/eventually.ts'
import type { EdgeTier, Rig } from '../rig/rig.ts'
import type { Settled } from '../rig/books.ts'
import type { Report } from '../rig/visitor.ts'
import type { RunView } from '@roadstead/shared/protocol/http.ts'

/** What came of one trial: its figures, and everything about them that should not be. */
export interface Proof {
  readonly name: string
  readonly wrong: readonly string[]
  /** Absent when it never came to its end. */
  readonly sums?: Sums
  readonly figures: Readonly<Record<string, unknown>>
}

/** What stands in the record: of a visitor who must lose nothing, or whose losses are reported. */
export interface Sums {
  readonly tier: EdgeTier
  /** Rollouts, recreations, changes or faults. */
  readonly rounds: number
  readonly requests: number
  readonly posts: number
  readonly lost: number
  readonly repeated: number
  readonly slowestMs: number
}

/** Two containers drained, restarted and back, with a grace of ten seconds each. */
const RUN_MS_MAX = 90_000

/** Waits until a run has come to its end, whoever leads by then. */
export async function runEnded(rig: Rig, id: string): Promise<RunView> {
  return eventually(
    `run ${id} ended`,
    async () => {
      const { leader } = await rig.leader()
      const run = await leader.api.run(id)
      if (run.state !== 'running') return run
      throw new Error(run.log.at(-1)?.text ?? 'it has not said anything')
    },
    { withinMs: RUN_MS_MAX },
  )
}

export function sumsOf(
  tier: EdgeTier,
  rounds: number,
  { requests, slowestMs }: Report,
  { posts, lost, repeated }: Pick<Settled, 'posts' | 'lost' | 'repeated'>,
): Sums {
  return { tier, rounds, requests, posts, lost, repeated, slowestMs }
}

/** What kinds of failures several visitors met, added up. */
export function failuresOf(reports: readonly Report[]): Record<string, number> {
  const kinds: Record<string, number> = {}
  for (const { failures } of reports) {
    for (const [kind, count] of Object.entries(failures)) kinds[kind] = (kinds[kind] ?? 0) + count
  }
  return kinds
}

export function requestsOf(reports: readonly Report[]): number {
  return reports.reduce((sum, { requests }) => sum + requests, 0)
}

export function lostOf(reports: readonly Report[]): number {
  return Object.values(failuresOf(reports)).reduce((sum, each) => sum + each, 0)
}

/** The sentence, if it is so. */
export function wrongIf(isSo: boolean, sentence: string): string[] {
  return isSo ? [sentence] : []
}
