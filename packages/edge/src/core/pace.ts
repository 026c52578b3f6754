/** A reload takes nginx 100 ms whatever we do; closer together they only run into each other. */
const GAP_MS_MIN = 150
const GAP_RELOADS = 2
/** Replaced generations of workers that may live on, each with a copy of the configuration. */
const OLD_GENERATIONS_MAX = 8
/** What an addition may be delayed for when they are too many. */
const ADDITION_DELAY_MS_MAX = 2_000

export interface Pace {
  readonly nowMs: number
  /** When the change that waits was first asked for. */
  readonly wantedSinceMs: number
  /** The last reload: when it was signalled, and how long nginx took to answer by it. */
  readonly last: { readonly signalledMs: number; readonly tookMs: number } | undefined
  readonly oldGenerations: number
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
  const isOverBudget = pace.oldGenerations > OLD_GENERATIONS_MAX && !pace.removes
  const budgetEndsMs = isOverBudget ? pace.wantedSinceMs + ADDITION_DELAY_MS_MAX : nowMs
  return Math.max(0, gapEndsMs - nowMs, budgetEndsMs - nowMs)
}
