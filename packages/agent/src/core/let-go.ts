import { LEASE_CLUSTER_MS } from '@roadstead/shared/kernel/limits.ts'
import type { LetGoReply } from '@roadstead/shared/protocol/run.ts'

/** A drain takes a few hundred milliseconds, so at first the answer is asked for often. */
const OFTEN_MS = 100
const OFTEN_FOR_MS = 2_000
const SELDOM_MS = 500
/** How long one question waits for its answer: ten times what a busy leader takes. */
const ANSWER_MS = 500
/** Between two questions that nobody answers: whoever leads next is heard soon. */
const SILENCE_PAUSE_MS = 250
/** The last question leaves this much of the time for its answer. */
const LAST_MS = 50
/** From the end of a lease to the first answer of who leads then; on a cluster that elects, too. */
const ELECTION_MS = 1_000
/** A server that starts again, or a slow machine. */
const RESERVE_MS = 1_000

/**
 * For so long nobody may answer. When a leader dies, another one answers within a lease and an election;
 * when silence lasts longer, nobody leads, and nothing could be drained.
 */
export const SILENCE_MS_MAX = LEASE_CLUSTER_MS + ELECTION_MS + RESERVE_MS

/** Requests held at the same time; one more is passed on as if nobody had answered. */
export const HOLDS_MAX = 256

/** One request that waits until its container may be touched. */
export interface Hold {
  readonly sinceMs: number
  readonly limitMs: number
  /** When the last question was to be asked. */
  readonly askedMs: number
  /** When the first of those questions was asked that nobody has answered since. */
  readonly silentSinceMs: number | undefined
}

/** Why a request was passed on although nobody let the container go. */
export type GaveUp = 'limit' | 'no-leader' | 'too-many'

export type HoldStep =
  | { readonly kind: 'ask'; readonly afterMs: number; readonly timeoutMs: number }
  | { readonly kind: 'pass'; readonly gaveUp: GaveUp | undefined }

/** The first step of a request that arrives at `nowMs`, beside `others` that are held already. */
export function beginHold(limitMs: number, others: number, nowMs: number): [Hold, HoldStep] {
  const hold = { sinceMs: nowMs, limitMs, askedMs: nowMs, silentSinceMs: undefined }
  if (others >= HOLDS_MAX) return [hold, { kind: 'pass', gaveUp: 'too-many' }]
  return askAfter(hold, 0, nowMs)
}

/** How long it will still wait, in whole milliseconds. */
export function leftMs({ limitMs, sinceMs }: Hold, nowMs: number): number {
  return Math.max(0, Math.round(sinceMs + limitMs - nowMs))
}

/** What follows from an answer, or from none. The limit is kept whatever is answered. */
export function continueHold(
  hold: Hold,
  reply: LetGoReply | { readonly kind: 'unreachable' },
  nowMs: number,
): [Hold, HoldStep] {
  if (reply.kind === 'go') return [hold, { kind: 'pass', gaveUp: undefined }]
  if (reply.kind === 'unreachable') {
    const silentSinceMs = hold.silentSinceMs ?? hold.askedMs
    return askAfter({ ...hold, silentSinceMs }, SILENCE_PAUSE_MS, nowMs)
  }
  const heldMs = nowMs - hold.sinceMs
  const pauseMs = heldMs < OFTEN_FOR_MS ? OFTEN_MS : SELDOM_MS
  return askAfter({ ...hold, silentSinceMs: undefined }, pauseMs, nowMs)
}

function askAfter(hold: Hold, pauseMs: number, nowMs: number): [Hold, HoldStep] {
  const limitAtMs = hold.sinceMs + hold.limitMs
  const silentUntilMs = (hold.silentSinceMs ?? Infinity) + SILENCE_MS_MAX
  const leftMs = Math.min(limitAtMs, silentUntilMs) - nowMs
  if (leftMs <= LAST_MS) {
    return [hold, { kind: 'pass', gaveUp: limitAtMs <= silentUntilMs ? 'limit' : 'no-leader' }]
  }
  const afterMs = Math.min(pauseMs, leftMs - LAST_MS)
  const timeoutMs = Math.min(ANSWER_MS, leftMs - afterMs)
  return [
    { ...hold, askedMs: nowMs + afterMs },
    { kind: 'ask', afterMs, timeoutMs },
  ]
}
