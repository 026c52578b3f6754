import type { DatabaseSync } from 'node:sqlite'
import { z } from 'zod'
import {
  LIVES_MAX,
  type PastAsk,
  PastAudit,
  PastChange,
  PastCursor,
  PastLife,
  type PastSpan,
  type PastSum,
  type PastTold,
  ROW_BYTES_MAX,
  ROWS_PER_PAGE_MAX,
} from '@roadstead/shared/protocol/past.ts'
import { piecesOf } from '../../core/history/exchange.ts'
import { HASH_END } from '../../core/history/row-hash.ts'
import { LINES, swept } from './retain.ts'
import { sumOfUnread } from './unread.ts'

/** What this log tells another master. */
export function tellPast(db: DatabaseSync, ask: PastAsk, horizonMs: number): PastTold {
  switch (ask.kind) {
    case 'hello':
      return { kind: 'hello', horizonMs: ownHorizon(db, horizonMs), lives: livesOf(db) }
    case 'sums': {
      const sums = piecesOf(ask.span, ask.pieces).map((piece) => sumOf(db, piece))
      return { kind: 'sums', sums }
    }
    case 'rows':
      return ask.span.of === 'changes'
        ? changesOf(db, ask.span, ask.after)
        : auditOf(db, ask.span, ask.after)
  }
}

/** What was before it is not asked for: it would be forgotten at once. */
export function ownHorizon(db: DatabaseSync, horizonMs: number): number {
  return Math.max(0, horizonMs, swept(db))
}

/** The newest, of this master and of those that it had theirs from. */
function livesOf(db: DatabaseSync): PastLife[] {
  return db
    .prepare(
      `SELECT instance, began AS beganMs, seen AS seenMs FROM (
       SELECT instance, began, seen FROM life UNION ALL SELECT instance, began, seen FROM peer_life)
       ORDER BY seen DESC LIMIT ${LIVES_MAX}`,
    )
    .all()
    .map((row) => PastLife.parse(row))
}

export function sumOf(db: DatabaseSync, span: PastSpan): PastSum {
  const { fromMs, toMs } = span
  const { rows, sum } = Sums.parse(
    db
      .prepare(
        `SELECT count(*) AS rows, coalesce(sum(hash), 0) % ${HASH_END} AS sum FROM ${tableOf(span)} c
         WHERE at >= ? AND at < ? AND hash < ${HASH_END} ${whatHolds(span)}`,
      )
      .get(fromMs, toMs),
  )
  if (span.toMs <= span.horizonMs) return { rows, sum }
  const unread = sumOfUnread(db, span)
  return { rows: rows + unread.rows, sum: (sum + unread.sum) % HASH_END }
}

const Sums = z.object({ rows: z.int(), sum: z.int() })

function tableOf({ of }: PastSpan): string {
  return of === 'changes' ? 'change' : 'audit'
}

/**
 * Of what is older than the horizon, how things looked there: the rest would be forgotten at once. What
 * master told of themselves before there were epochs has a hash beyond all others, and stays at home; so
 * does a row that does not fit into a message.
 */
function whatHolds({ horizonMs, of, toMs }: PastSpan): string {
  if (of === 'audit' || toMs > horizonMs) return ''
  return `AND body IS NOT NULL AND (SELECT kind FROM thing WHERE id = c.thing) NOT IN (${LINES})
    AND coalesce((SELECT l.at FROM change l WHERE l.thing = c.thing AND
      (l.incarnation, l.seq) > (c.incarnation, c.seq)
      ORDER BY l.incarnation, l.seq LIMIT 1), ${horizonMs}) >= ${horizonMs}`
}

function changesOf(db: DatabaseSync, span: PastSpan, after: PastCursor | undefined): PastTold {
  const rows = db
    .prepare(
      `SELECT c.id, c.hash, t.stream, t.kind, t.key, t.host, t.name, c.incarnation, c.seq,
       c.at AS atMs, c.cause, c.body, c.among FROM change c JOIN thing t ON t.id = c.thing ${rangeOf(span)}`,
    )
    .iterate(...boundsOf(span, after))
  const { items, next } = pageOf(db, span, rows, (row) => ChangeRow.safeParse(row).data)
  return { kind: 'rows', changes: items, audit: [], ...(next !== undefined && { next }) }
}

function auditOf(db: DatabaseSync, span: PastSpan, after: PastCursor | undefined): PastTold {
  const rows = db
    .prepare(`SELECT id, hash, origin, seq, at AS atMs, entry FROM audit c ${rangeOf(span)}`)
    .iterate(...boundsOf(span, after))
  const { items, next } = pageOf(db, span, rows, (row) => AuditRow.safeParse(row).data)
  return { kind: 'rows', changes: [], audit: items, ...(next !== undefined && { next }) }
}

function rangeOf(span: PastSpan): string {
  return `WHERE c.at < ? AND c.hash < ${HASH_END} AND (c.at, c.seq, c.hash) > (?, ?, ?)
    ${whatHolds(span)} ORDER BY c.at, c.seq, c.hash LIMIT ${ROWS_PER_PAGE_MAX + 1}`
}

function boundsOf({ fromMs, toMs }: PastSpan, after: PastCursor | undefined) {
  const { atMs, hash, seq } = after ?? { atMs: fromMs, seq: -1, hash: 0 }
  return [toMs, atMs, seq, hash] as const
}

/** An eighth of what one message may carry, unless one row alone has more. */
const PAGE_BYTES_MAX = 128 * 1024

function pageOf<Item>(
  db: DatabaseSync,
  span: PastSpan,
  rows: Iterable<unknown>,
  itemOf: (row: unknown) => Item | undefined,
): { readonly items: Item[]; readonly next?: PastCursor } {
  const items: Item[] = []
  const unfit: number[] = []
  let next: PastCursor | undefined
  let [bytes, seen] = [0, 0]
  for (const row of rows) {
    if (seen === ROWS_PER_PAGE_MAX || bytes > PAGE_BYTES_MAX) {
      stayAtHome(db, span, unfit)
      return { items, ...(next !== undefined && { next }) }
    }
    const { id, ...place } = Placed.parse(row)
    const item = itemOf(row)
    const itemBytes = item === undefined ? 0 : Buffer.byteLength(JSON.stringify(item))
    if (item === undefined || itemBytes > ROW_BYTES_MAX) unfit.push(id)
    else {
      items.push(item)
      bytes += itemBytes
    }
    next = place
    seen += 1
  }
  stayAtHome(db, span, unfit)
  return { items }
}

/** Nobody is told of them any more, and no sum has them. */
function stayAtHome(db: DatabaseSync, span: PastSpan, ids: readonly number[]): void {
  const mark = db.prepare(`UPDATE ${tableOf(span)} SET hash = hash + ${HASH_END} WHERE id = ?`)
  for (const id of ids) mark.run(id)
}

const Placed = PastCursor.extend({ id: z.int() })

const ChangeRow = PastChange.extend({ among: z.int().transform((among) => among === 1) })

const AuditRow = PastAudit.extend({
  entry: z.string().transform(jsonIn).pipe(PastAudit.shape.entry),
})

/** Undefined where it is none, and so no entry. */
function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
