import type { DatabaseSync } from 'node:sqlite'
import type { PastCursor } from '@roadstead/shared/protocol/past.ts'
import { LINE_KINDS } from '../../core/history/line.ts'
import { numberIn } from './schema.ts'

/** A place in the order of the list: by time, and within one moment by key, so at all masters alike. */
export type Cursor = PastCursor

export interface Retention {
  /** Changes before this may go. */
  readonly horizonMs: number
  /** Of the file; what is too much goes, the oldest first. */
  readonly bytesMax: number
}

export interface Retained {
  readonly forgotten: number
  /** Where the next step goes on; absent: nothing more is to be done now. */
  readonly next?: Sweep
}

export interface Sweep {
  readonly horizonMs: number
  readonly from: Cursor
  /** In the steps before. */
  readonly forgotten: number
}

/** Rows looked at in a step: a few milliseconds, in which a batch of changes may have to wait. */
const ROWS_PER_STEP = 1_000
/** What goes at once when the file is too large: a few megabytes. */
const ROWS_TOO_MANY = 10_000
const PAGES_PER_STEP = 500

/**
 * One step of forgetting. How each thing looked at the horizon stays, however long ago that was said:
 * without it, nothing could be said of a container that has not changed for longer.
 */
export function retain(db: DatabaseSync, wanted: Retention, sweep?: Sweep): Retained {
  const { from, horizonMs, forgotten: before } = sweep ?? newSweep(db, wanted)
  const rows = db
    .prepare(
      `SELECT at, seq, hash FROM change WHERE at < ?1 AND (at, seq, hash) > (?2, ?3, ?4)
       ORDER BY at, seq, hash LIMIT ?5`,
    )
    .all(horizonMs, from.atMs, from.seq, from.hash, ROWS_PER_STEP)
  const { at: atMs = 0, seq = 0, hash = 0 } = rows.at(-1) ?? {}
  const to = { atMs: Number(atMs), seq: Number(seq), hash: Number(hash) }
  db.exec('BEGIN IMMEDIATE')
  try {
    const forgotten = rows.length === 0 ? 0 : forget(db, horizonMs, from, to)
    if (rows.length < ROWS_PER_STEP) tidy(db, horizonMs)
    db.exec('COMMIT')
    db.exec(`PRAGMA incremental_vacuum(${PAGES_PER_STEP})`)
    const all = before + forgotten
    if (rows.length === ROWS_PER_STEP) {
      return { forgotten, next: { horizonMs, from: to, forgotten: all } }
    }
    // Still too large: another sweep, as long as one helps.
    const isTooLarge = bytesUsed(db) > wanted.bytesMax && all > 0
    return isTooLarge ? { forgotten, next: newSweep(db, wanted) } : { forgotten }
  } catch (error) {
    if (db.isTransaction) db.exec('ROLLBACK')
    throw error
  }
}

const START: Cursor = { atMs: -1, seq: 0, hash: 0 }

function newSweep(db: DatabaseSync, wanted: Retention): Sweep {
  return { horizonMs: horizonOf(db, wanted), from: START, forgotten: 0 }
}

/** Of a row nothing is needed when a later one of its thing is before the horizon, too. */
function forget(db: DatabaseSync, horizonMs: number, from: Cursor, to: Cursor): number {
  const { changes } = db
    .prepare(
      `DELETE FROM change WHERE (at, seq, hash) > (?2, ?3, ?4) AND (at, seq, hash) <= (?5, ?6, ?7) AND (
         body IS NULL AND NOT EXISTS (SELECT 1 FROM change b WHERE b.thing = change.thing AND
           (b.incarnation, b.seq) < (change.incarnation, change.seq))
         OR EXISTS (SELECT 1 FROM change l WHERE l.thing = change.thing AND l.at < ?1 AND
           (l.incarnation, l.seq) > (change.incarnation, change.seq))
         OR (SELECT kind FROM thing WHERE id = change.thing) IN (${LINES}))`,
    )
    .run(horizonMs, from.atMs, from.seq, from.hash, to.atMs, to.seq, to.hash)
  return Number(changes)
}

/** Nothing of a line holds at the horizon. */
export const LINES = [...LINE_KINDS].map((kind) => `'${kind}'`).join(', ')

/** What nothing points at any more. */
function tidy(db: DatabaseSync, horizonMs: number): void {
  db.prepare('DELETE FROM audit WHERE at < ?').run(horizonMs)
  db.prepare('DELETE FROM loss WHERE until < ?').run(horizonMs)
  db.prepare('DELETE FROM life WHERE seen < ? AND closed = 1').run(horizonMs)
  db.prepare('DELETE FROM peer_life WHERE seen < ?').run(horizonMs)
  db.exec(`DELETE FROM thing WHERE NOT EXISTS (SELECT 1 FROM change WHERE thing = thing.id);
    DELETE FROM domain WHERE NOT EXISTS (SELECT 1 FROM thing WHERE id = domain.thing);`)
  db.prepare(
    `DELETE FROM whole WHERE at < ?1 AND EXISTS (SELECT 1 FROM whole l WHERE
     l.stream = whole.stream AND l.kind = whole.kind AND
     (l.incarnation, l.seq) > (whole.incarnation, whole.seq))`,
  ).run(horizonMs)
  db.prepare("INSERT OR REPLACE INTO fact VALUES ('swept', max(?, ?))").run(horizonMs, swept(db))
}

function horizonOf(db: DatabaseSync, { bytesMax, horizonMs }: Retention): number {
  if (bytesUsed(db) <= bytesMax) return horizonMs
  const sql = `SELECT at FROM change ORDER BY at LIMIT 1 OFFSET ${ROWS_TOO_MANY}`
  return Math.max(horizonMs, numberIn(db, sql, 'at'))
}

export function bytesUsed(db: DatabaseSync): number {
  const pages = numberIn(db, 'PRAGMA page_count', 'page_count')
  const free = numberIn(db, 'PRAGMA freelist_count', 'freelist_count')
  return (pages - free) * numberIn(db, 'PRAGMA page_size', 'page_size')
}

/** Before this the log does not know what became of routes. */
export function begins(db: DatabaseSync): number {
  const sql = `SELECT min(began) AS began FROM (SELECT began FROM life UNION ALL
    SELECT began FROM peer_life)`
  return Math.max(numberIn(db, sql, 'began'), swept(db))
}

/** What was before this was forgotten, but for how things looked then. */
export function swept(db: DatabaseSync): number {
  return numberIn(db, "SELECT value FROM fact WHERE name = 'swept'", 'value')
}
