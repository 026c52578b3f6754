import type { DatabaseSync, SQLInputValue } from 'node:sqlite'
import { z } from 'zod'
import { AuditView, EventKind, type EventView } from '@roadstead/shared/protocol/http-events.ts'
import { Verdict } from '@roadstead/shared/protocol/verdict.ts'
import { type Cursor, swept } from './retain.ts'
import { verdictKey } from '../../core/history/judged.ts'
import { lineOf, type StoredBody } from '../../core/history/line.ts'

/** Which part of the log somebody wants; an absent word excludes nothing. */
export interface HistoryQuery {
  /** Id or name. */
  readonly host?: string
  /** Name, `<host>/<name>`, id or the beginning of one. */
  readonly container?: string
  readonly kinds?: readonly EventKind[]
  readonly sinceMs?: number
  readonly untilMs?: number
  /** As `next` of the page before. */
  readonly before?: Cursor
  readonly limit: number
}

export interface HistoryPage<Item> {
  /** Oldest first. */
  readonly items: readonly Item[]
  readonly next?: Cursor
}

/** The newest changes that were asked for, in words. */
export function readChanges(db: DatabaseSync, query: HistoryQuery): HistoryPage<EventView> {
  const filter = new Filter('c.quiet = 0')
  if (query.host !== undefined) {
    filter.and('(t.host = ? OR h.name = ?)', query.host, query.host)
  }
  if (query.kinds !== undefined) {
    filter.and(`t.kind IN (${query.kinds.map(() => '?').join(', ')})`, ...query.kinds)
  }
  if (query.container !== undefined) {
    // By the few things that it can be, and not through the times of all others.
    const things = thingsOf(db, query.container)
    filter.and(`c.thing IN (${things.join(', ')})`)
  }
  filter.andTimes('c', query)
  // How things looked there is kept for questions about later; what made them so is not.
  filter.and('c.at >= ?', swept(db))
  const rows = db
    .prepare(
      `SELECT c.at, c.seq, c.hash, c.cause, c.body, t.kind, t.key, t.host, t.name, h.name AS hostName,
       (SELECT p.body FROM change p WHERE p.thing = c.thing AND
        (p.incarnation, p.seq) < (c.incarnation, c.seq)
        ORDER BY p.incarnation DESC, p.seq DESC LIMIT 1) AS beforeBody
       FROM change c JOIN thing t ON t.id = c.thing
       LEFT JOIN thing h ON h.stream = 'host ' || t.host AND h.kind = 'host' AND h.key = ''
       WHERE ${filter.text} ORDER BY c.at DESC, c.seq DESC, c.hash DESC LIMIT ?`,
    )
    .all(...filter.values, query.limit + 1)
  return pageOf(rows.map(parsedRow), query.limit, lineOfRow, inWhole)
}

function lineOfRow(row: ChangeRow): EventView {
  const { at: atMs, beforeBody, body, hash: _hash, hostName, seq: _seq, ...rest } = row
  const now = bodyOf(rest.kind, body)
  const before = beforeBody === null ? undefined : bodyOf(rest.kind, beforeBody)
  return lineOf({ ...rest, atMs, hostName: hostName ?? '', now, before })
}

/** What was told together has no order of its own: by what it is, and then by name. */
function inWhole(a: ChangeRow, b: ChangeRow): number {
  const [kindA, kindB] = [a, b].map(({ kind }) => EventKind.options.indexOf(kind))
  return (kindA ?? 0) - (kindB ?? 0) || (`${a.name} ${a.key}` < `${b.name} ${b.key}` ? -1 : 1)
}

export function readAudit(
  db: DatabaseSync,
  query: Omit<HistoryQuery, 'container' | 'kinds' | 'host'>,
): HistoryPage<AuditView> {
  const filter = new Filter('1 = 1')
  filter.andTimes('a', query)
  const rows = db
    .prepare(
      `SELECT a.at, a.seq, a.hash, a.entry FROM audit a WHERE ${filter.text}
       ORDER BY a.at DESC, a.seq DESC, a.hash DESC LIMIT ?`,
    )
    .all(...filter.values, query.limit + 1)
    .map((row) => AuditRow.parse(row))
  return pageOf(rows, query.limit, ({ at, entry }) => {
    return AuditView.parse({ ...jsonObject(entry), at: new Date(at).toISOString() })
  })
}

/** Containers that this may mean, as things that something was said about. */
export function thingsOf(db: DatabaseSync, text: string): number[] {
  const slash = text.lastIndexOf('/')
  const [host, name] = slash > 0 ? [text.slice(0, slash), text.slice(slash + 1)] : ['', text]
  const onHost = `(?2 = '' OR t.host = ?2 OR EXISTS (SELECT 1 FROM thing h
    WHERE h.stream = 'host ' || t.host AND h.kind = 'host' AND h.name = ?2))`
  const containers = db
    .prepare(
      `SELECT t.id, t.host, t.key FROM thing t WHERE t.kind = 'container' AND ${onHost} AND
       (t.name = ?1 OR t.key = ?1 OR (length(?1) > 1 AND t.key >= ?1 AND t.key < ?1 || 'g'))
       ORDER BY t.id DESC LIMIT ${THINGS_MAX}`,
    )
    .all(name, host)
  const others = db.prepare(
    "SELECT id FROM thing WHERE key = ?1 AND kind = 'engine' OR key = ?2 AND kind = 'verdict'",
  )
  return containers.flatMap(({ host: on, id, key }) => [
    Number(id),
    ...others.all(String(key), verdictKey(String(on), String(key))).map((row) => Number(row['id'])),
  ])
}

/** A name that was made again each minute for a day has more; the newest of them are looked at. */
export const THINGS_MAX = 1_000

/** What a page wants of a list that has one item more than it may show. */
function pageOf<Row extends z.infer<typeof Placed>, Item>(
  rows: readonly Row[],
  limit: number,
  itemOf: (row: Row) => Item,
  inOneMoment: (a: Row, b: Row) => number = () => 0,
): HistoryPage<Item> {
  const shown = rows.slice(0, limit)
  const last = shown.at(-1)
  const items = shown
    .toSorted((a, b) => a.at - b.at || a.seq - b.seq || inOneMoment(a, b))
    .map(itemOf)
  const hasMore = rows.length > limit && last !== undefined
  if (!hasMore) return { items }
  const { at: atMs, hash, seq } = last
  return { items, next: { atMs, seq, hash } }
}

class Filter {
  readonly values: SQLInputValue[] = []
  #conditions: string[]

  constructor(first: string) {
    this.#conditions = [first]
  }

  get text(): string {
    return this.#conditions.join(' AND ')
  }

  and(condition: string, ...values: readonly SQLInputValue[]): void {
    this.#conditions.push(condition)
    this.values.push(...values)
  }

  andTimes(table: string, { before, sinceMs, untilMs }: Omit<HistoryQuery, 'limit'>): void {
    if (sinceMs !== undefined) this.and(`${table}.at >= ?`, sinceMs)
    if (untilMs !== undefined) this.and(`${table}.at < ?`, untilMs)
    if (before === undefined) return
    const { atMs, hash, seq } = before
    this.and(`(${table}.at, ${table}.seq, ${table}.hash) < (?, ?, ?)`, atMs, seq, hash)
  }
}

export function bodyOf(kind: EventKind, body: string | null): StoredBody {
  if (body === null) return { kind: 'gone' }
  const json: unknown = JSON.parse(body)
  if (kind === 'verdict') return { kind: 'verdicts', verdicts: Verdicts.parse(json) }
  const line = LineBody.safeParse(json)
  if (line.success) return { kind: 'line', ...line.data }
  return { kind: 'picture', picture: PictureBody.parse(json) }
}

const Verdicts = z.array(Verdict.omit({ host: true, container: true, containerName: true }))
const PictureBody = z.record(z.string(), z.string())
const LineBody = z.strictObject({ what: z.string(), details: PictureBody })

const Placed = z.object({ at: z.int(), seq: z.int(), hash: z.int() })

const ChangeRow = Placed.extend({
  cause: z.string(),
  body: z.string().nullable(),
  kind: EventKind,
  key: z.string(),
  host: z.string(),
  name: z.string(),
  hostName: z.string().nullable(),
  beforeBody: z.string().nullable(),
})

type ChangeRow = z.infer<typeof ChangeRow>

function parsedRow(row: unknown): ChangeRow {
  return ChangeRow.parse(row)
}

const AuditRow = Placed.extend({ entry: z.string() })

function jsonObject(text: string): Record<string, unknown> {
  return z.record(z.string(), z.unknown()).parse(JSON.parse(text))
}
