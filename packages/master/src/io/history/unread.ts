import type { DatabaseSync } from 'node:sqlite'
import { z } from 'zod'
import {
  PastAudit,
  PastChange,
  type PastCursor,
  PastReply,
  type PastSpan,
  PastSum,
  PastTold,
} from '@roadstead/shared/protocol/past.ts'
import { auditCursor, changeCursor, HASH_END } from '../../core/history/row-hash.ts'

/**
 * Rows of another master that this one cannot keep, as when a later version wrote them. They cost no
 * other row anything; and where they stand is remembered as long as this log is open, and counted as if
 * they were here, so that nobody fetches them again and again.
 */
const TABLE = `CREATE TEMP TABLE unread (span TEXT, at INTEGER, seq INTEGER, hash INTEGER,
  PRIMARY KEY (span, at, seq, hash)) WITHOUT ROWID`

export function prepareUnread(db: DatabaseSync): void {
  db.exec(TABLE)
}

/** Two megabytes; whoever has more of them is asked for the rest again. */
const UNREAD_MAX = 50_000

export function keepUnread(
  db: DatabaseSync,
  { fromMs, of, toMs }: PastSpan,
  cursors: readonly PastCursor[],
): void {
  const keep = db.prepare(
    `INSERT OR IGNORE INTO unread SELECT ?, ?, ?, ?
     WHERE (SELECT count(*) FROM unread) < ${UNREAD_MAX}`,
  )
  for (const { atMs, hash, seq } of cursors) {
    if (atMs >= fromMs && atMs < toMs) keep.run(of, atMs, seq, hash)
  }
}

/** Of those that are not here all the same, because this master heard them itself. */
export function sumOfUnread(db: DatabaseSync, { fromMs, of, toMs }: PastSpan): PastSum {
  const table = of === 'changes' ? 'change' : 'audit'
  return PastSum.parse(
    db
      .prepare(
        `SELECT count(*) AS rows, coalesce(sum(hash), 0) % ${HASH_END} AS sum FROM unread u
         WHERE span = ? AND at >= ? AND at < ? AND NOT EXISTS (SELECT 1 FROM ${table} c
         WHERE c.at = u.at AND c.seq = u.seq AND c.hash = u.hash)`,
      )
      .get(of, fromMs, toMs),
  )
}

/** A reply, and which of its rows cannot be read. */
type ReadReply =
  | {
      readonly kind: 'read'
      readonly reply: PastReply
      readonly unread: readonly PastCursor[]
      /** With those that do not even say where they stand. */
      readonly unreadRows: number
    }
  | { readonly kind: 'broken'; readonly why: string }

export function readReply(text: string): ReadReply {
  const envelope = Envelope.safeParse(jsonIn(text))
  if (!envelope.success) {
    const [issue] = envelope.error.issues
    return { kind: 'broken', why: `${issue?.path.join('.')}: ${issue?.message}`.slice(0, WHY_MAX) }
  }
  const { told, ...rest } = envelope.data
  if (told.kind !== 'rows')
    return { kind: 'read', reply: { ...rest, told }, unread: [], unreadRows: 0 }
  const changes = told.changes.map((row) => PastChange.safeParse(row).data ?? placeOfChange(row))
  const audit = told.audit.map((row) => PastAudit.safeParse(row).data ?? placeOfAudit(row))
  const rows = {
    changes: changes.filter((row) => row !== undefined && 'stream' in row),
    audit: audit.filter((row) => row !== undefined && 'entry' in row),
  }
  const unread = [...changes, ...audit].filter((row) => row !== undefined && 'hash' in row)
  const unreadRows =
    told.changes.length + told.audit.length - rows.changes.length - rows.audit.length
  return { kind: 'read', reply: { ...rest, told: { ...told, ...rows } }, unread, unreadRows }
}

const WHY_MAX = 256

function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

const [Hello, Sums, Rows] = PastTold.options
const Envelope = PastReply.extend({
  told: z.discriminatedUnion('kind', [
    Hello,
    Sums,
    Rows.extend({ changes: z.array(z.unknown()), audit: z.array(z.unknown()) }),
  ]),
})

const AnyText = z.string()
const AnyChange = PastChange.omit({ body: true, host: true, name: true }).extend({
  stream: AnyText,
  kind: AnyText,
  key: AnyText,
  cause: AnyText,
})
const AnyAudit = PastAudit.omit({ entry: true })

function placeOfChange(row: unknown): PastCursor | undefined {
  const { data } = AnyChange.safeParse(row)
  return data && changeCursor(data)
}

function placeOfAudit(row: unknown): PastCursor | undefined {
  const { data } = AnyAudit.safeParse(row)
  return data && auditCursor(data)
}
