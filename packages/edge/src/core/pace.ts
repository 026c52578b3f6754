import type { OldWorkers } from './workers.ts'

/** A reload takes nginx 100 ms whatever we do; closer together they only run into each other. */
const GAP_MS_MIN = 150
const GAP_RELOADS = 2
/** Replaced generations of workers that may live on, each with a copy of the configuration. */
const OLD_GENERATIONS_MAX = 8
/**
 * What they may hold together. A worker has 8 MB at 100 domains and 80 MB at 5,000, times the
 * processors: on a large machine this is reached long before eight generations, on a small one
 * (1 GB) it is the half that visitors and the rest of the machine can spare.
 */
const OLD_BYTES_MAX = 512 * 1024 * 1024
/** What an addition may be delayed for when they are too many. */
const ADDITION_DELAY_MS_MAX = 2_000
/** Below this share of the budget nobody needs to look again before a reload. */
const NEAR_SHARE = 0.5

export interface Pace {
  readonly nowMs: number
  /** When the change that waits was first asked for. */
  readonly wantedSinceMs: number
  /** The last reload: when it was signalled, and how long nginx took to answer by it. */
  readonly last: { readonly signalledMs: number; readonly tookMs: number } | undefined
  readonly oldWorkers: OldWorkers
  /** Something leaves nginx by this change: then nobody waits for a budget. */
  readonly removes: boolean
}

/**
 * How long to wait before the next reload, 0 for now. There is no debounce: the first change goes at
 * once, and while it is under way the newest state is what comes next. A quiet period would starve
 * under a steady stream of changes.
 */
export function paceMs(pace: Pace): number {
  const { last, nowMs } = pace
  const gapEndsMs =
    last === undefined ? nowMs : last.signalledMs + Math.max(GAP_MS_MIN, GAP_RELOADS * last.tookMs)
  const isOverBudget = spent(pace.oldWorkers) > 1 && !pace.removes
  const budgetEndsMs = isOverBudget ? pace.wantedSinceMs + ADDITION_DELAY_MS_MAX : nowMs
  return Math.max(0, gapEndsMs - nowMs, budgetEndsMs - nowMs)
}

/**
 * Whether what was seen after the last reload may matter for the next one. Between reloads old
 * workers only become fewer, so a low count stays true, and no time goes into counting again.
 */
export function isBudgetNear(seen: OldWorkers): boolean {
  return spent(seen) > NEAR_SHARE
}

/** The share of the budget that is used, 1 for all of it. */
function spent({ generations, bytes }: OldWorkers): number {
  return Math.max(generations / OLD_GENERATIONS_MAX, bytes / OLD_BYTES_MAX)
}
