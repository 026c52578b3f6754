import type { MasterId } from '@roadstead/shared/kernel/ids.ts'
import {
  type PastAsk,
  type PastAudit,
  type PastChange,
  type PastCursor,
  type PastLife,
  type PastQuestion,
  type PastReply,
  type PastSpan,
  type PastSum,
  type PastTold,
  ROWS_PER_PAGE_MAX,
} from '@roadstead/shared/protocol/past.ts'
import { auditCursor, changeCursor, isBefore } from './row-hash.ts'

/**
 * How a master comes to have what only another one heard. Sums over ranges of time are compared; where
 * they differ the range is cut into pieces, until what is left is worth a page of rows. So nothing has to
 * be remembered from one round to the next, whatever was lost or changed in between, and two logs that
 * are the same find that out with one question. Refused: a place in the peer's log up to which everything
 * was read, which knows nothing of rows that change or come late, and would carry every row that both
 * heard.
 *
 * A round is data: whoever carries it out may stop at any question, and begins another one later.
 */
export interface Round {
  readonly self: MasterId
  /** Undefined until one has answered. */
  readonly peer: MasterId | undefined
  /** Who need not answer. */
  readonly except: readonly MasterId[]
  /** What is before this is kept by nobody, but for how things looked there: the later one of two. */
  readonly horizonMs: number
  /** What is compared; from 0 on also what is older than the horizon. */
  readonly fromMs: number
  readonly toMs: number
  /** What is to be asked; the last is next. */
  readonly asks: readonly PastAsk[]
  /** So many questions may still be asked. */
  readonly left: number
  /** When the peer noted what it heard: of use once all of that is here. */
  readonly lives: readonly PastLife[]
}

export function beginRound(
  about: Omit<Round, 'asks' | 'lives' | 'peer'> & { readonly peer?: MasterId },
): Round {
  return { peer: undefined, ...about, asks: [{ kind: 'hello' }], lives: [] }
}

/** Undefined: nothing is left to be asked, or nothing may be. */
export function nextQuestion({ asks, except, left, peer, self }: Round): PastQuestion | undefined {
  const ask = asks.at(-1)
  if (ask === undefined || left <= 0) return undefined
  const who = peer === undefined ? { except: [...except] } : { to: peer }
  return { v: 1, master: self, ...who, ask }
}

export type Heard =
  | {
      readonly kind: 'on'
      readonly round: Round
      readonly changes: readonly PastChange[]
      readonly audit: readonly PastAudit[]
    }
  /** No answer to what was asked: a garbled peer, or one of another version. */
  | { readonly kind: 'broken'; readonly why: string }

/** What an answer leads to. `sumOf` says what the own log has of a range. */
export function heard(round: Round, reply: PastReply, sumOf: (span: PastSpan) => PastSum): Heard {
  const ask = round.asks.at(-1)
  const { master, told } = reply
  if (master === round.self) return broken('it has our name')
  if (master !== (round.peer ?? master)) return broken('another master answered')
  const rest = { ...round, peer: master, asks: round.asks.slice(0, -1), left: round.left - 1 }
  if (ask?.kind === 'hello' && told.kind === 'hello') return onward(greeted(rest, told))
  if (ask?.kind === 'sums' && told.kind === 'sums') return compared(rest, ask, told.sums, sumOf)
  if (ask?.kind === 'rows' && told.kind === 'rows') return taken(rest, ask, told)
  return broken(`asked for ${ask?.kind ?? 'nothing'}, and got ${told.kind}`)
}

function onward(round: Round): Heard {
  return { kind: 'on', round, changes: [], audit: [] }
}

function broken(why: string): Heard {
  return { kind: 'broken', why }
}

function greeted(round: Round, told: Extract<PastTold, { kind: 'hello' }>): Round {
  const horizonMs = Math.max(round.horizonMs, told.horizonMs)
  const { toMs } = round
  const fromMs = Math.max(round.fromMs, horizonMs)
  const recent = (['audit', 'changes'] as const).map((of) => ({ of, fromMs, toMs, horizonMs }))
  const before = { of: 'changes', fromMs: 0, toMs: horizonMs, horizonMs } as const
  // People ask for what was last: that comes first, and what still held at the horizon comes last.
  const spans = [...(round.fromMs === 0 ? [before] : []), ...recent]
  const asks = spans.filter((it) => it.fromMs < it.toMs).map(sumsAsked)
  return { ...round, horizonMs, asks, lives: told.lives }
}

function sumsAsked(span: PastSpan): PastAsk {
  return { kind: 'sums', span, pieces: PIECES }
}

/** One answer has a kilobyte then, and costs one range of an index each. */
const PIECES = 32

function compared(
  round: Round,
  { pieces, span }: Extract<PastAsk, { kind: 'sums' }>,
  theirs: readonly PastSum[],
  sumOf: (span: PastSpan) => PastSum,
): Heard {
  const spans = piecesOf(span, pieces)
  if (spans.length !== theirs.length) return broken(`${theirs.length} of ${spans.length} sums`)
  const asks = spans.flatMap((piece, at) => {
    const their = theirs[at]
    return their === undefined ? [] : askedOf(piece, their, sumOf(piece))
  })
  return onward({ ...round, asks: [...round.asks, ...asks] })
}

function askedOf(span: PastSpan, theirs: PastSum, own: PastSum): PastAsk[] {
  const isSame = theirs.rows === own.rows && theirs.sum === own.sum
  if (isSame || theirs.rows === 0) return []
  const isAsSmallAsItGets = span.toMs - span.fromMs <= 1
  const isMostlyNew = theirs.rows > own.rows * MOSTLY
  const isPage = theirs.rows <= ROWS_PER_PAGE_MAX
  const isWorthAll = isMostlyNew || isPage || isAsSmallAsItGets
  return isWorthAll ? [{ kind: 'rows', span }] : [sumsAsked(span)]
}

/** With so many times more rows there than here, looking for the few that are here is not worth it. */
const MOSTLY = 4

/** The same at both ends: pieces of whole milliseconds, fewer where there are not so many. */
export function piecesOf(span: PastSpan, pieces: number): PastSpan[] {
  const { fromMs, toMs } = span
  const widthMs = Math.max(1, Math.ceil((toMs - fromMs) / pieces))
  const count = Math.max(0, Math.ceil((toMs - fromMs) / widthMs))
  return Array.from({ length: count }, (_, at) => ({
    ...span,
    fromMs: fromMs + at * widthMs,
    toMs: Math.min(toMs, fromMs + (at + 1) * widthMs),
  }))
}

function taken(
  round: Round,
  ask: Extract<PastAsk, { kind: 'rows' }>,
  { audit, changes, next }: Extract<PastTold, { kind: 'rows' }>,
): Heard {
  const { after, span } = ask
  const cursors = span.of === 'changes' ? changes.map(changeCursor) : audit.map(auditCursor)
  const isElsewhere = span.of === 'changes' ? audit.length > 0 : changes.length > 0
  if (isElsewhere || !cursors.every((it) => isIn(span, it))) return broken('rows of another range')
  const on = { kind: 'on', changes, audit } as const
  if (next === undefined) return { ...on, round }
  // Whoever goes back, or stays, would be asked for ever. A page may have no row that can be read here.
  const isAhead = isIn(span, next) && (!after || isBefore(after, next))
  if (!isAhead) return broken('a page that leads nowhere')
  return { ...on, round: { ...round, asks: [...round.asks, { ...ask, after: next }] } }
}

function isIn({ fromMs, toMs }: PastSpan, { atMs }: PastCursor): boolean {
  return atMs >= fromMs && atMs < toMs
}
