import { chmodSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { migrate } from './migrate.ts'
import { isBroken } from './trouble.ts'
import { prepareUnread } from './unread.ts'

/**
 * The change log as a database. A thing is named once, so that a change costs its own words and two
 * numbers; what a change was before is the row before it.
 */
const TABLES = `
CREATE TABLE thing (
  id INTEGER PRIMARY KEY,
  stream TEXT NOT NULL,
  kind TEXT NOT NULL,
  key TEXT NOT NULL,
  host TEXT NOT NULL,
  name TEXT NOT NULL,
  UNIQUE (stream, kind, key)
);
CREATE INDEX thing_by_key ON thing (key);
CREATE INDEX thing_by_name ON thing (name);
CREATE TABLE change (
  id INTEGER PRIMARY KEY,
  thing INTEGER NOT NULL,
  incarnation INTEGER NOT NULL,
  seq INTEGER NOT NULL,
  at INTEGER NOT NULL,
  cause TEXT NOT NULL,
  body TEXT,
  among INTEGER NOT NULL,
  quiet INTEGER NOT NULL,
  hash INTEGER NOT NULL,
  UNIQUE (thing, incarnation, seq)
);
CREATE INDEX change_by_time ON change (at, seq, hash);
CREATE TABLE whole (
  stream TEXT NOT NULL,
  kind TEXT NOT NULL,
  incarnation INTEGER NOT NULL,
  seq INTEGER NOT NULL,
  at INTEGER NOT NULL,
  cause TEXT NOT NULL,
  PRIMARY KEY (stream, kind, incarnation, seq)
) WITHOUT ROWID;
CREATE TABLE domain (
  domain TEXT NOT NULL,
  thing INTEGER NOT NULL,
  PRIMARY KEY (domain, thing)
) WITHOUT ROWID;
CREATE TABLE life (
  id INTEGER PRIMARY KEY,
  instance TEXT NOT NULL UNIQUE,
  began INTEGER NOT NULL,
  seen INTEGER NOT NULL,
  last INTEGER NOT NULL,
  closed INTEGER NOT NULL
);
CREATE TABLE peer_life (instance TEXT PRIMARY KEY, began INTEGER NOT NULL, seen INTEGER NOT NULL);
CREATE TABLE read (stream TEXT PRIMARY KEY, incarnation INTEGER NOT NULL, seq INTEGER NOT NULL);
CREATE TABLE loss (since INTEGER NOT NULL, until INTEGER NOT NULL, changes INTEGER NOT NULL);
CREATE TABLE audit (
  id INTEGER PRIMARY KEY,
  origin TEXT NOT NULL,
  seq INTEGER NOT NULL,
  at INTEGER NOT NULL,
  entry TEXT NOT NULL,
  hash INTEGER NOT NULL,
  UNIQUE (origin, seq)
);
CREATE INDEX audit_by_time ON audit (at, seq, hash);
CREATE TABLE fact (name TEXT PRIMARY KEY, value INTEGER NOT NULL);
`

const VERSION = 2

export interface OpenedDatabase {
  readonly db: DatabaseSync
  /** Where a file went that was of no use, and why it was not. */
  readonly setAside?: { readonly path: string; readonly why: string }
}

/**
 * Opens the log or begins one. A file that is no database, is damaged, or was written by a version that
 * we do not know is set aside under another name, for whoever wants to look into it.
 * @throws the error of SQLite when the folder or the disk does not allow it
 */
export function openDatabase(path: string, nowMs: number): OpenedDatabase {
  if (path === MEMORY) return { db: prepared(path) }
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  try {
    return { db: prepared(path) }
  } catch (error) {
    if (!isBroken(error) && !(error instanceof UnknownVersion)) throw error
    const aside = setAside(path, nowMs)
    const why = error instanceof Error ? error.message : String(error)
    return { db: prepared(path), setAside: { path: aside, why } }
  }
}

export const MEMORY = ':memory:'

class UnknownVersion extends Error {}

function prepared(path: string): DatabaseSync {
  const db = new DatabaseSync(path, { timeout: BUSY_MS })
  try {
    // Who asked for what is nobody else's business; the files beside it are made with the same mode.
    if (path !== MEMORY) chmodSync(path, 0o600)
    // The kernel keeps what was committed if we are killed; a machine that loses power may lose the
    // last changes, and never a part of one. Waiting for the disk each time is worth less.
    db.exec('PRAGMA auto_vacuum = INCREMENTAL; PRAGMA journal_mode = WAL')
    db.exec('PRAGMA synchronous = NORMAL; PRAGMA journal_size_limit = 4194304')
    const version = migrate(db, numberIn(db, 'PRAGMA user_version', 'user_version'))
    if (version === 0) {
      db.exec(`BEGIN; ${TABLES} PRAGMA user_version = ${VERSION}; COMMIT`)
    } else if (version !== VERSION) {
      throw new UnknownVersion(`it has the form ${version}, and this version knows ${VERSION}`)
    } else if (numberIn(db, 'SELECT count(*) AS open FROM life WHERE closed = 0', 'open') > 0) {
      db.exec('UPDATE life SET closed = 1')
      assertWhole(db)
    }
    prepareUnread(db)
    return db
  } catch (error) {
    db.close()
    throw error
  }
}

/** Nobody else opens it; a copy being made may hold it for a moment. */
const BUSY_MS = 1_000

/** Whoever was killed may have left a disk that did not keep its word. */
function assertWhole(db: DatabaseSync): void {
  const row = db.prepare('PRAGMA quick_check(1)').get()
  const found = String(row?.['quick_check'] ?? 'ok')
  if (found !== 'ok') throw new UnknownVersion(found)
}

export function numberIn(db: DatabaseSync, sql: string, column: string): number {
  return Number(db.prepare(sql).get()?.[column] ?? 0)
}

function setAside(path: string, nowMs: number): string {
  const at = new Date(nowMs).toISOString().replaceAll(':', '-')
  const aside = `${path}.set-aside-${at}`
  renameSync(path, aside)
  for (const end of ['-wal', '-shm']) {
    try {
      renameSync(`${path}${end}`, `${aside}${end}`)
    } catch {
      // There is none.
    }
  }
  forgetOlder(path)
  return aside
}

/** Each may be as large as the log: the newest of them are enough to learn what happened. */
const SET_ASIDE_MAX = 2

function forgetOlder(path: string): void {
  const folder = dirname(path)
  const begin = `${basename(path)}.set-aside-`
  const all = readdirSync(folder).filter((name) => name.startsWith(begin))
  const wholes = all.filter((name) => !/-(?:wal|shm)$/.test(name)).sort()
  for (const old of wholes.slice(0, -SET_ASIDE_MAX)) {
    for (const end of ['', '-wal', '-shm']) rmSync(join(folder, old + end), { force: true })
  }
}
