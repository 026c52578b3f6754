/** An empty list that contradicts what is known must be repeated after this time to be believed. */
export const EMPTY_LIST_CONFIRM_MS = 5_000

/** When the engine first said that nothing is there, while the agent knew of something. */
export interface EmptyListGuard {
  readonly emptySinceMs: number | undefined
}

/**
 * How many containers an empty list would contradict. Until everything was seen once in this life,
 * those of the life before count too: an engine that came up without its data, beside an agent that
 * was started with it, must not be taken at its first word.
 */
export function knownCount(
  seen: { readonly complete: boolean; readonly count: number },
  countBefore: number,
): number {
  return seen.complete ? seen.count : Math.max(seen.count, countBefore)
}

/**
 * Whether a list may be believed. Engines have answered with an empty list while they restored their
 * containers, and with an empty data directory when a disk was not mounted yet. A container that is
 * removed says so by an event, and is known as gone before the next list; so an empty list beside
 * known containers is *unknown* until two of them agree.
 *
 * @param known containers believed to exist for which no removal was seen; see `knownCount`.
 */
export function judgeList(
  guard: EmptyListGuard,
  listed: number,
  known: number,
  nowMs: number,
): [EmptyListGuard, 'believed' | 'unknown'] {
  if (listed > 0 || known === 0) return [{ emptySinceMs: undefined }, 'believed']
  if (guard.emptySinceMs === undefined) return [{ emptySinceMs: nowMs }, 'unknown']
  const isConfirmed = nowMs - guard.emptySinceMs >= EMPTY_LIST_CONFIRM_MS
  return isConfirmed ? [{ emptySinceMs: undefined }, 'believed'] : [guard, 'unknown']
}
