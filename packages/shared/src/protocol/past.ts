import { z } from 'zod'
import { MasterId } from '../kernel/ids.ts'
import { AuditView, EventKind } from './http-events.ts'

/**
 * What masters ask one another about the past, so that each comes to have what only the other heard.
 * Sums over ranges of time are compared first; rows travel only where the sums differ. Nothing of it is
 * believed: rows have their keys, and one that is there already is no news.
 */

/** Of hundreds of masters at one site nobody has heard; two is the rule. */
export const PEERS_MAX = 16

/** A range in so many pieces: five splits lead from a month to a tenth of a second. */
export const PIECES_MAX = 64

/** One page: 1 to 5 ms of the thread of the log at either end. */
export const ROWS_PER_PAGE_MAX = 200

/** Starts of masters within what is kept; who starts more often has other troubles. */
export const LIVES_MAX = 256

/** With a page of other rows before it this is within what a message may carry. */
export const ROW_BYTES_MAX = 512 * 1024

/** Of ordinary text; what takes more as JSON does not fit `ROW_BYTES_MAX`. */
export const BODY_CHARACTERS_MAX = 256 * 1024

const Milliseconds = z.int().min(0).max(8.64e15)
const Count = z.int().min(0)
/** What a container may be called, and what else its key is made of. */
const Name = z.string().max(8_192)

/** A place in the order of the log, the same at every master: by time, and within one moment by key. */
export const PastCursor = z.object({ atMs: Milliseconds, seq: Count, hash: Count })
export type PastCursor = z.infer<typeof PastCursor>

/** Rows from a moment on, and before another. Of what is before the horizon only what still holds there. */
export const PastSpan = z.object({
  of: z.enum(['changes', 'audit']),
  fromMs: Milliseconds,
  toMs: Milliseconds,
  horizonMs: Milliseconds,
})
export type PastSpan = z.infer<typeof PastSpan>

export const PastAsk = z.discriminatedUnion('kind', [
  /** Who is there, and since when does its log know things? */
  z.object({ kind: z.literal('hello') }),
  z.object({ kind: z.literal('sums'), span: PastSpan, pieces: z.int().min(1).max(PIECES_MAX) }),
  z.object({ kind: z.literal('rows'), span: PastSpan, after: PastCursor.optional() }),
])
export type PastAsk = z.infer<typeof PastAsk>

export const PastQuestion = z.object({
  v: z.literal(1),
  /** Who asks. */
  master: MasterId,
  /** Who is to answer; absent: whoever hears it and is not in `except`. */
  to: MasterId.optional(),
  except: z.array(MasterId).max(PEERS_MAX).optional(),
  ask: PastAsk,
})
export type PastQuestion = z.infer<typeof PastQuestion>

/** How many rows, and the sum of their hashes: equal sums are taken for equal rows. */
export const PastSum = z.object({ rows: Count, sum: Count })
export type PastSum = z.infer<typeof PastSum>

/** A row of the change log under its key: (stream, kind, key, incarnation, seq). */
export const PastChange = z.object({
  stream: Name,
  kind: EventKind,
  key: Name,
  host: Name,
  name: Name,
  incarnation: Count,
  seq: Count,
  atMs: Milliseconds,
  cause: z.string().max(4_096),
  body: z.string().max(BODY_CHARACTERS_MAX).nullable(),
  among: z.boolean(),
})
export type PastChange = z.infer<typeof PastChange>

/** A row of the audit: `origin` is the life of the master that was asked, `seq` its own count. */
export const PastAudit = z.object({
  origin: z.string().min(1).max(64),
  seq: Count,
  atMs: Milliseconds,
  entry: AuditView.omit({ at: true }),
})
export type PastAudit = z.infer<typeof PastAudit>

/** From when to when one life of a master noted what it heard. */
export const PastLife = z.object({
  instance: z.string().min(1).max(64),
  beganMs: Milliseconds,
  seenMs: Milliseconds,
})
export type PastLife = z.infer<typeof PastLife>

export const PastTold = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('hello'),
    horizonMs: Milliseconds,
    lives: z.array(PastLife).max(LIVES_MAX),
  }),
  z.object({ kind: z.literal('sums'), sums: z.array(PastSum).max(PIECES_MAX) }),
  z.object({
    kind: z.literal('rows'),
    changes: z.array(PastChange).max(ROWS_PER_PAGE_MAX),
    audit: z.array(PastAudit).max(ROWS_PER_PAGE_MAX),
    /** Where the next page goes on; absent: this was the last. */
    next: PastCursor.optional(),
  }),
])
export type PastTold = z.infer<typeof PastTold>

export const PastReply = z.object({ v: z.literal(1), master: MasterId, told: PastTold })
export type PastReply = z.infer<typeof PastReply>
