import type { DatabaseSync } from 'node:sqlite'
import type { MasterId } from '@roadstead/shared/kernel/ids.ts'
import {
  type PastAsk,
  type PastChange,
  type PastQuestion,
  PastReply,
} from '@roadstead/shared/protocol/past.ts'
import { heard, nextQuestion, type Round } from '../../core/history/exchange.ts'
import { bodyOf } from './page.ts'
import { ownHorizon, sumOf, tellPast } from './past.ts'
import { bytesUsed } from './retain.ts'
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
    }
  /** `isWhole`: this log has now what the peer's had when it was greeted. */
  | {
      readonly kind: 'end'
      readonly round: Round
      readonly isWhole: boolean
      readonly rows: number
    }
  | { readonly kind: 'broken'; readonly why: string }

/** One step of a round: takes an answer apart, keeps what is new, and says what to ask next. */
export function stepRound(
  db: DatabaseSync,
  writer: HistoryWriter,
  { bytesMax, reply, round }: Step,
): Stepped {
  if (reply === undefined)
    return onward(db, { ...round, horizonMs: ownHorizon(db, round.horizonMs) }, 0)
  const read = readReply(reply)
  if (read.kind === 'broken') return read
  const next = heard(round, read.reply, (span) => sumOf(db, span))
  if (next.kind === 'broken') return next
  const rows = writer.adopt(adoptable(next.changes), next.audit)
  const isFull = bytesUsed(db) > bytesMax * FULL
  if (isFull && next.changes.length > 0)
    return { kind: 'end', round: next.round, isWhole: false, rows }
  return onward(db, next.round, rows)
}

/** Above this, what is fetched would soon be the oldest, and go. */
const FULL = 0.9

function onward(db: DatabaseSync, round: Round, rows: number): Stepped {
  const question = nextQuestion(round)
  if (question !== undefined) return { kind: 'ask', round, question, rows }
  const isWhole = round.asks.length === 0 && round.fromMs === 0
  if (isWhole) keepLives(db, round)
  return { kind: 'end', round, isWhole, rows }
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

function readReply(
  text: string,
): { readonly kind: 'read'; readonly reply: PastReply } | Extract<Stepped, { kind: 'broken' }> {
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch {
    return { kind: 'broken', why: 'not JSON' }
  }
  const parsed = PastReply.safeParse(json)
  if (parsed.success) return { kind: 'read', reply: parsed.data }
  const [issue] = parsed.error.issues
  return { kind: 'broken', why: `${issue?.path.join('.')}: ${issue?.message}`.slice(0, WHY_MAX) }
}

const WHY_MAX = 256

/** A row that nobody could read later is left where it is, and costs no other row anything. */
function adoptable(changes: readonly PastChange[]): AdoptedChange[] {
  return changes.flatMap((row) => {
    if (!STREAMS.test(row.stream)) return []
    const domains = domainsIn(row)
    return domains === undefined ? [] : [{ row, domains }]
  })
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
