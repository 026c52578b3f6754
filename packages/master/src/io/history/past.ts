import type { DatabaseSync } from 'node:sqlite'
import { z } from 'zod'
import { EventKind } from '@roadstead/shared/protocol/http-events.ts'
import {
  LIVES_MAX,
  type PastAsk,
  PastAudit,
  type PastChange,
  type PastCursor,
  PastLife,
  type PastSpan,
  type PastSum,
  type PastTold,
  ROWS_PER_PAGE_MAX,
} from '@roadstead/shared/protocol/past.ts'
import { piecesOf } from '../../core/history/exchange.ts'
import { auditCursor, changeCursor, HASH_END } from '../../core/history/row-hash.ts'
import { LINES, swept } from './retain.ts'

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
  return { rows, sum }
}

const Sums = z.object({ rows: z.int(), sum: z.int() })

function tableOf({ of }: PastSpan): string {
  return of === 'changes' ? 'change' : 'audit'
}

/**
 * Of what is older than the horizon, how things looked there: the rest would be forgotten at once. What
 * master told of themselves before there were epochs has a hash beyond all others, and stays at home.
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
      `SELECT t.stream, t.kind, t.key, t.host, t.name, c.incarnation, c.seq, c.at AS atMs, c.cause,
       c.body, c.among FROM change c JOIN thing t ON t.id = c.thing ${rangeOf(span)}`,
    )
    .iterate(...boundsOf(span, after))
  const { items, next } = pageOf(rows, changeOf, changeCursor)
  return { kind: 'rows', changes: items, audit: [], ...(next !== undefined && { next }) }
}

function auditOf(db: DatabaseSync, span: PastSpan, after: PastCursor | undefined): PastTold {
  const rows = db
    .prepare(`SELECT origin, seq, at AS atMs, entry FROM audit c ${rangeOf(span)}`)
    .iterate(...boundsOf(span, after))
  const { items, next } = pageOf(rows, entryOf, auditCursor)
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

/** A quarter of what one message may carry, unless one row alone has more. */
const PAGE_CHARACTERS_MAX = 128 * 1024

function pageOf<Item>(
  rows: Iterable<unknown>,
  itemOf: (row: unknown) => Item,
  cursorOf: (item: Item) => PastCursor,
): { readonly items: Item[]; readonly next?: PastCursor } {
  const items: Item[] = []
  let characters = 0
  for (const row of rows) {
    const last = items.at(-1)
    const isFull = items.length === ROWS_PER_PAGE_MAX || characters > PAGE_CHARACTERS_MAX
    if (isFull && last !== undefined) return { items, next: cursorOf(last) }
    const item = itemOf(row)
    characters += JSON.stringify(item).length
    items.push(item)
  }
  return { items }
}

const ChangeRow = z.object({
  stream: z.string(),
  kind: EventKind,
  key: z.string(),
  host: z.string(),
  name: z.string(),
  incarnation: z.int(),
  seq: z.int(),
  atMs: z.int(),
  cause: z.string(),
  body: z.string().nullable(),
  among: z.int().transform((among) => among === 1),
})

function changeOf(row: unknown): PastChange {
  return ChangeRow.parse(row)
}

const AuditRow = z.object({
  origin: z.string(),
  seq: z.int(),
  atMs: z.int(),
  entry: z.string().transform((text): unknown => JSON.parse(text)),
})

function entryOf(row: unknown): PastAudit {
  return PastAudit.parse(AuditRow.parse(row))
}
