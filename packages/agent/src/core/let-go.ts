import type { LetGoReply } from '@roadstead/shared/protocol/run.ts'

/** A drain takes a few hundred milliseconds, so at first the answer is asked for often. */
const OFTEN_MS = 100
const OFTEN_FOR_MS = 2_000
const SELDOM_MS = 500
/** How long one question waits for its answer: ten times what a busy leader takes. */
const ANSWER_MS = 500
/** After silence: two questions and this pause between them are over in less than 1.5 s. */
const SILENCE_PAUSE_MS = 250
/** The last question leaves this much of the limit for its answer. */
const LAST_MS = 50
/** A lost message is silence once; twice in a row, nobody leads, and nothing could be drained. */
const SILENCES_MAX = 2
/** Where somebody led a moment ago, another one leads within 2.1 s: worth 3.5 s of patience. */
const SILENCES_KNOWN_MAX = 5

/** Requests held at the same time; one more is passed on as if nobody had answered. */
export const HOLDS_MAX = 256

/** One request that waits until its container may be touched. */
export interface Hold {
  readonly sinceMs: number
  readonly limitMs: number
  /** Questions in a row that nobody answered. */
  readonly silences: number
  /** Somebody has answered. */
  readonly isKnown: boolean
}

/** Why a request was passed on although nobody let the container go. */
export type GaveUp = 'limit' | 'no-leader' | 'too-many'

export type HoldStep =
  | { readonly kind: 'ask'; readonly afterMs: number; readonly timeoutMs: number }
  | { readonly kind: 'pass'; readonly gaveUp: GaveUp | undefined }

/** The first step of a request that arrives at `nowMs`, beside `others` that are held already. */
export function beginHold(limitMs: number, others: number, nowMs: number): [Hold, HoldStep] {
  const hold = { sinceMs: nowMs, limitMs, silences: 0, isKnown: false }
  if (others >= HOLDS_MAX) return [hold, { kind: 'pass', gaveUp: 'too-many' }]
  return [hold, askAfter(hold, 0, nowMs)]
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
  const silences = reply.kind === 'unreachable' ? hold.silences + 1 : 0
  const next = { ...hold, silences, isKnown: hold.isKnown || silences === 0 }
  if (silences >= (hold.isKnown ? SILENCES_KNOWN_MAX : SILENCES_MAX))
    return [next, { kind: 'pass', gaveUp: 'no-leader' }]
  const heldMs = nowMs - hold.sinceMs
  const pauseMs = heldMs < OFTEN_FOR_MS ? OFTEN_MS : SELDOM_MS
  return [next, askAfter(next, silences > 0 ? SILENCE_PAUSE_MS : pauseMs, nowMs)]
}

function askAfter(hold: Hold, pauseMs: number, nowMs: number): HoldStep {
  const leftMs = hold.sinceMs + hold.limitMs - nowMs
  if (leftMs <= LAST_MS) return { kind: 'pass', gaveUp: 'limit' }
  const afterMs = Math.min(pauseMs, leftMs - LAST_MS)
  return { kind: 'ask', afterMs, timeoutMs: Math.min(ANSWER_MS, leftMs - afterMs) }
}
