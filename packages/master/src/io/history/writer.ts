import type { DatabaseSync, StatementSync } from 'node:sqlite'
import type { EventKind } from '@roadstead/shared/protocol/http-events.ts'
import type { PastAudit, PastChange } from '@roadstead/shared/protocol/past.ts'
import { LINE_KINDS } from '../../core/history/line.ts'
import type { Note, PlaceOrOwn, StateNote, Thing, WholeNote } from '../../core/history/note.ts'
import { auditHash, changeHash } from '../../core/history/row-hash.ts'
import { numberIn } from './schema.ts'
import { prepare } from './statements.ts'

/**
 * Writes the change log. Nothing depends on the order in which notes come: a statement has its place
 * among those about the same thing, and what stands behind it is put right.
 *
 * A thing that was told among all others and looks as before needs no row. If it turns out later that it
 * looked different in between, the row is made then: for that, the log remembers when all were told.
 */
export class HistoryWriter {
  readonly #db: DatabaseSync
  readonly #sql: ReturnType<typeof prepare>
  readonly #life: number
  readonly #instance: string
  #last: number

  constructor(db: DatabaseSync, instance: string, nowMs: number) {
    this.#db = db
    this.#instance = instance
    this.#sql = prepare(db)
    db.prepare(
      `INSERT INTO life (instance, began, seen, last, closed) VALUES (?1, ?2, ?2, ?2, 0)
       ON CONFLICT (instance) DO UPDATE SET closed = 0`,
    ).run(instance, nowMs)
    const life = db.prepare('SELECT id, last FROM life WHERE instance = ?').get(instance)
    this.#life = Number(life?.['id'])
    this.#last = Number(life?.['last'])
  }

  /**
   * All of them or none.
   * @throws the error of SQLite
   */
  write(notes: readonly Note[], nowMs: number): void {
    const before = this.#last
    this.#db.exec('BEGIN IMMEDIATE')
    try {
      for (const note of notes) this.#note(note)
      this.#sql.live.run(nowMs, this.#last, this.#life)
      this.#db.exec('COMMIT')
    } catch (error) {
      this.#last = before
      if (this.#db.isTransaction) this.#db.exec('ROLLBACK')
      throw error
    }
  }

  /** Changes that nobody could keep. */
  lose(sinceMs: number, untilMs: number, changes: number): void {
    this.#sql.lose.run(sinceMs, untilMs, changes)
  }

  end(nowMs: number): void {
    this.#sql.live.run(nowMs, this.#last, this.#life)
    this.#db.prepare('UPDATE life SET closed = 1 WHERE id = ?').run(this.#life)
  }

  /**
   * What another master's log has, all of it or nothing; says how many rows that changed here. A row is a
   * statement like any other: it finds its place, and what is there already is no news.
   * @throws the error of SQLite
   */
  adopt(changes: readonly AdoptedChange[], audit: readonly PastAudit[]): number {
    this.#db.exec('BEGIN IMMEDIATE')
    try {
      const changed = changes.filter((row) => this.#adopt(row)).length
      const entered = audit.filter((row) => this.#enter(row)).length
      this.#db.exec('COMMIT')
      return changed + entered
    } catch (error) {
      if (this.#db.isTransaction) this.#db.exec('ROLLBACK')
      throw error
    }
  }

  #adopt({ domains, row }: AdoptedChange): boolean {
    const { host, incarnation, key, kind, name, seq, stream } = row
    const known = this.#sql.knownThing.get(stream, kind, key)
    const id = Number((known ?? this.#sql.thing.get(stream, kind, key, host, name))?.['id'])
    for (const domain of domains) this.#sql.domain.run(domain, id)
    const thing = { id, stream, kind, key }
    const isNew = LINE_KINDS.has(kind) ? this.#line(thing, row) : this.#tell(thing, row)
    // What it is called now is said where the last of it was.
    const isLast = isNew && this.#sql.after.get(id, incarnation, seq) === undefined
    if (isLast && known?.['name'] !== name) this.#sql.thing.get(stream, kind, key, host, name)
    return isNew
  }

  #enter({ atMs, entry, origin, seq }: PastAudit): boolean {
    const hash = auditHash({ origin, seq, atMs })
    return this.#sql.audit.run(origin, seq, atMs, JSON.stringify(entry), hash).changes > 0
  }

  #note(note: Note): void {
    switch (note.kind) {
      case 'state':
        return this.#state(note)
      case 'whole':
        return this.#whole(note)
      case 'line': {
        const { atMs, body, cause, place, thing } = note
        const { incarnation, seq } = this.#placed(place)
        const { key, kind } = thing
        const known = { id: this.#thing(place, thing), stream: place.stream, kind, key }
        this.#line(known, { incarnation, seq, atMs, cause, body, among: false })
        return
      }
      case 'audit':
        this.#last += 1
        this.#enter({ ...note, origin: this.#instance, seq: this.#last })
        return
      case 'read':
        this.#sql.read.run(note.place.stream, note.place.incarnation, note.place.seq)
    }
  }

  #state(note: StateNote): void {
    const { among, atMs, body, cause, domains = [], place, thing } = note
    const { incarnation, seq } = this.#placed(place)
    const id = this.#thing(place, thing)
    for (const domain of domains) this.#sql.domain.run(domain, id)
    const told = { incarnation, seq, atMs, cause, body, among }
    this.#tell({ id, stream: place.stream, kind: thing.kind, key: thing.key }, told)
  }

  #whole({ atMs, cause, keys, of, place }: WholeNote): void {
    const { incarnation, seq } = this.#placed(place)
    this.#sql.whole.run(place.stream, of, incarnation, seq, atMs, cause)
    const there = new Set(keys)
    for (const row of this.#sql.thingsAt.iterate(incarnation, seq, place.stream, of)) {
      if (row['body'] === null || there.has(String(row['key']))) continue
      const key = String(row['key'])
      const thing = { id: Number(row['id']), stream: place.stream, kind: of, key }
      this.#tell(thing, { incarnation, seq, atMs, cause, body: null, among: true })
    }
  }

  /** Whether that changed a row of it. */
  #tell(thing: KnownThing, told: Told): boolean {
    const { among, body, incarnation, seq } = told
    const { id, kind, stream } = thing
    const sql = this.#sql
    const before = bodyIn((among ? sql.upTo : sql.before).get(id, incarnation, seq))
    if (among && before === body) return this.#join(thing, told)
    const isNew = this.#insert(thing, told, before === body ? 1 : 0)
    if (!isNew) return this.#join(thing, told)
    const after = sql.after.get(id, incarnation, seq)
    const next = sql.nextWhole.get(stream, kind, incarnation, seq)
    if (next !== undefined && (after === undefined || isBefore(next, after))) {
      // All were told there, and this one was as it had been before.
      if (before === body) return true
      const there = { incarnation: Number(next['incarnation']), seq: Number(next['seq']) }
      const then = { atMs: Number(next['at']), cause: String(next['cause']) }
      this.#insert(thing, { ...there, ...then, body: before, among: true }, 0)
    } else if (after !== undefined) {
      this.#settle(after, body)
    }
    return true
  }

  #line(thing: KnownThing, told: Told): boolean {
    return this.#insert(thing, told, 0) || this.#join(thing, told)
  }

  #insert(thing: KnownThing, told: Told, quiet: 0 | 1): boolean {
    const { among, atMs, body, cause, incarnation, seq } = told
    const row = [thing.id, incarnation, seq, atMs, cause, body, among ? 1 : 0, quiet] as const
    return this.#sql.insert.run(...row, hashOf(thing, told)).changes > 0
  }

  /**
   * Of two who tell the same at the same place, whoever tells it alone knows more of why than who tells
   * it among all others; else the earlier one counts. So it comes to the same in whatever order.
   */
  #join(thing: KnownThing, told: Told): boolean {
    const { among, atMs, cause, incarnation, seq } = told
    const row = [thing.id, incarnation, seq] as const
    const said = [among ? 1 : 0, atMs, cause, hashOf(thing, told)] as const
    return this.#sql.join.run(...said, ...row).changes > 0
  }

  /** The row behind has another one before it now. */
  #settle(after: Row, body: string | null): void {
    const isSame = after['body'] === body
    if (isSame && after['among'] === 1) this.#sql.forget.run(after['id'] ?? 0)
    else this.#sql.quieten.run(isSame ? 1 : 0, after['id'] ?? 0)
  }

  #placed(place: PlaceOrOwn): { readonly incarnation: number; readonly seq: number } {
    if ('seq' in place) return place
    this.#last += 1
    return { incarnation: place.incarnation, seq: this.#last }
  }

  /** What it is called now is said where the last of it is: streams overtake one another. */
  #thing(place: PlaceOrOwn, { host, key, kind, name }: Thing): number {
    const { stream } = place
    const known = this.#sql.knownThing.get(stream, kind, key)
    const isSame = known !== undefined && (name === '' || known['name'] === name)
    const isOlder = !isSame && known !== undefined && this.#isOvertaken(Number(known['id']), place)
    const row = isSame || isOlder ? known : this.#sql.thing.get(stream, kind, key, host, name)
    return Number(row?.['id'])
  }

  #isOvertaken(id: number, place: PlaceOrOwn): boolean {
    if (!('seq' in place)) return false
    return this.#sql.after.get(id, place.incarnation, place.seq) !== undefined
  }
}

/** A row of another master, and the names that it may be looked for under. */
export interface AdoptedChange {
  readonly row: PastChange
  readonly domains: readonly string[]
}

interface KnownThing {
  readonly id: number
  readonly stream: string
  readonly kind: EventKind
  readonly key: string
}

function hashOf({ key, kind, stream }: KnownThing, told: Told): number {
  return changeHash({ stream, kind, key, ...told })
}

interface Told {
  readonly incarnation: number
  readonly seq: number
  readonly atMs: number
  readonly cause: string
  readonly body: string | null
  readonly among: boolean
}

type Row = NonNullable<ReturnType<StatementSync['get']>>

/** Nothing known is as good as gone. */
function bodyIn(row: Row | undefined): string | null {
  const body = row?.['body']
  return typeof body === 'string' ? body : null
}

function isBefore(a: Row, b: Row): boolean {
  const [lifeA, lifeB] = [Number(a['incarnation']), Number(b['incarnation'])]
  return lifeA === lifeB ? Number(a['seq']) < Number(b['seq']) : lifeA < lifeB
}

/** How far everything of a stream has been noted. */
export function readPlace(
  db: DatabaseSync,
  stream: string,
): { readonly incarnation: number; readonly seq: number } {
  const at = (column: 'incarnation' | 'seq'): number =>
    numberIn(db, `SELECT ${column} FROM read WHERE stream = '${stream}'`, column)
  return { incarnation: at('incarnation'), seq: at('seq') }
}
