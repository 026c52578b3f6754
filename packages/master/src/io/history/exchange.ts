import type { DatabaseSync } from 'node:sqlite'
import type { MasterId } from '@roadstead/shared/kernel/ids.ts'
import {
  type PastAsk,
  type PastChange,
  type PastQuestion,
  type PastReply,
} from '@roadstead/shared/protocol/past.ts'
import { heard, nextQuestion, type Round } from '../../core/history/exchange.ts'
import { changeCursor } from '../../core/history/row-hash.ts'
import { bodyOf } from './page.ts'
import { ownHorizon, sumOf, tellPast } from './past.ts'
import { bytesUsed } from './retain.ts'
import { keepUnread, readReply } from './unread.ts'
import type { AdoptedChange, HistoryWriter } from './writer.ts'

/** Another master asks this log. */
export interface Told {
  readonly ask: PastAsk
  readonly self: MasterId
  readonly horizonMs: number
}

/** The reply as it goes over the bus: whoever carries it need not look at it. */
export function replyTo(db: DatabaseSync, { ask, horizonMs, self }: Told): string {
  const reply: PastReply = { v: 1, master: self, told: tellPast(db, ask, horizonMs) }
  return JSON.stringify(reply)
}

export interface Step {
  readonly round: Round
  /** What came as an answer to the last question of the round; absent: nothing was asked yet. */
  readonly reply?: string
  /** Of the file; the oldest rows are not worth it when newer ones have to go for them. */
  readonly bytesMax: number
}

export type Stepped =
  | {
      readonly kind: 'ask'
      readonly round: Round
      readonly question: PastQuestion
      readonly rows: number
      /** Rows of the answer that this master cannot keep. */
      readonly unread: number
    }
  /** `isWhole`: this log has now what the peer's had when it was greeted. */
  | {
      readonly kind: 'end'
      readonly round: Round
      readonly isWhole: boolean
      readonly rows: number
      readonly unread: number
    }
  | { readonly kind: 'broken'; readonly why: string }

/** One step of a round: takes an answer apart, keeps what is new, and says what to ask next. */
export function stepRound(
  db: DatabaseSync,
  writer: HistoryWriter,
  { bytesMax, reply, round }: Step,
): Stepped {
  if (reply === undefined)
    return onward(db, { ...round, horizonMs: ownHorizon(db, round.horizonMs) }, NONE)
  const read = readReply(reply)
  if (read.kind === 'broken') return read
  const next = heard(round, read.reply, (span) => sumOf(db, span))
  if (next.kind === 'broken') return next
  const { adoptable, others } = sorted(next.changes)
  const rows = writer.adopt(adoptable, next.audit)
  const ask = round.asks.at(-1)
  if (ask?.kind === 'rows') keepUnread(db, ask.span, [...read.unread, ...others.map(changeCursor)])
  const kept = { rows, unread: read.unreadRows + others.length }
  const isFull = bytesUsed(db) > bytesMax * FULL
  if (isFull && next.changes.length > 0)
    return { kind: 'end', round: next.round, isWhole: false, ...kept }
  return onward(db, next.round, kept)
}

/** Above this, what is fetched would soon be the oldest, and go. */
const FULL = 0.9

const NONE = { rows: 0, unread: 0 }

function onward(db: DatabaseSync, round: Round, kept: typeof NONE): Stepped {
  const question = nextQuestion(round)
  if (question !== undefined) return { kind: 'ask', round, question, ...kept }
  const isWhole = round.asks.length === 0 && round.fromMs === 0
  if (isWhole) keepLives(db, round)
  return { kind: 'end', round, isWhole, ...kept }
}

/** When the peer was there, this log now knows as much as if its own master had been. */
function keepLives(db: DatabaseSync, { horizonMs, lives }: Round): void {
  const keep = db.prepare(
    `INSERT INTO peer_life SELECT ?1, ?2, ?3 WHERE NOT EXISTS (SELECT 1 FROM life WHERE instance = ?1)
     ON CONFLICT (instance) DO UPDATE SET began = min(began, ?2), seen = max(seen, ?3)`,
  )
  for (const { beganMs, instance, seenMs } of lives) {
    if (seenMs >= horizonMs) keep.run(instance, Math.max(beganMs, horizonMs), seenMs)
  }
}

/** A row that nobody could read later is left where it is, and costs no other row anything. */
function sorted(changes: readonly PastChange[]): {
  readonly adoptable: readonly AdoptedChange[]
  readonly others: readonly PastChange[]
} {
  const adoptable: AdoptedChange[] = []
  const others: PastChange[] = []
  for (const row of changes) {
    const domains = STREAMS.test(row.stream) ? domainsIn(row) : undefined
    if (domains === undefined) others.push(row)
    else adoptable.push({ row, domains })
  }
  return { adoptable, others }
}

/** Streams that masters keep, as `note.ts` and `stocked.ts` name them. */
const STREAMS = /^(?:host \S+|stock \S+ \w+ \d+|control|master)$/

/** Undefined: it is nothing that was ever written by a log. */
function domainsIn({ body, kind }: PastChange): string[] | undefined {
  try {
    const stored = bodyOf(kind, body)
    return stored.kind === 'verdicts'
      ? [...new Set(stored.verdicts.flatMap(({ domain }) => domain ?? []))]
      : []
  } catch {
    return undefined
  }
}
