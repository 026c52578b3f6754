import type { DatabaseSync } from 'node:sqlite'
import { z } from 'zod'
import type { StoredBody } from '../../core/history/line.ts'
import type { ContainerThen, Moment, Then } from '../../core/history/moment.ts'
import { CONTROL } from '../../core/history/note.ts'
import type { Picture } from '../../core/history/picture.ts'
import type { EventKind } from '@roadstead/shared/protocol/http-events.ts'
import { bodyOf, thingsOf } from './page.ts'
import { begins } from './retain.ts'
import { numberIn } from './schema.ts'

/** What the log says about a container, or about all that asked for a domain, at a moment. */
export function readMoment(db: DatabaseSync, subject: string, atMs: number): Moment {
  const own = containersOf(db, thingsOf(db, subject))
  const byDomain = own.length === 0
  const found = byDomain ? containersOf(db, askersOf(db, subject)) : own
  const then = found.slice(0, CONTAINERS_MAX).map((it) => containerThen(db, it, atMs))
  const gap = gapAt(db, atMs)
  return {
    atMs,
    beginsMs: begins(db),
    ...(gap !== undefined && { gap }),
    lost: lostAt(db, atMs),
    containers: then,
    more: found.length > CONTAINERS_MAX,
    byDomain,
  }
}

/** A domain has tens of containers in the course of a month; each is looked up in a few rows. */
const CONTAINERS_MAX = 500

const Found = z.object({ host: z.string(), key: z.string(), name: z.string() })
type Found = z.infer<typeof Found>

function containersOf(db: DatabaseSync, things: readonly number[]): Found[] {
  const rows = db
    .prepare(
      `SELECT host, key, name FROM thing
       WHERE kind = 'container' AND id IN (${things.join(', ')}) ORDER BY id DESC`,
    )
    .all()
  return rows.map((row) => Found.parse(row))
}

/** Containers that ever asked for it, as things. */
function askersOf(db: DatabaseSync, subject: string): number[] {
  const [domain = ''] = subject.replace(/^https?:\/\//, '').split(/[/:]/)
  const rows = db
    .prepare(
      `SELECT c.id FROM domain d JOIN thing v ON v.id = d.thing
       JOIN thing c ON c.kind = 'container' AND c.stream = 'host ' || v.host AND
       c.key = substr(v.key, length('host ' || v.host) + 2)
       WHERE d.domain = ? ORDER BY c.id DESC LIMIT ${CONTAINERS_MAX + 1}`,
    )
    .all(domain)
  return rows.map((row) => Number(row['id']))
}

function containerThen(db: DatabaseSync, { host, key: id, name }: Found, atMs: number) {
  const stream = `host ${host}`
  const looked = pictureThen(stateAt(db, { stream, kind: 'container', key: id }, atMs))
  const judged = stateAt(db, { stream: 'master', kind: 'verdict', key: `${stream} ${id}` }, atMs)
  const presence = stateAt(db, control('host', `d.presence.${host}`), atMs)
  const drains = [`d.drain.${host}.${id}`, `d.drain.${host}.all`].flatMap((key) => {
    const drain = pictureThen(stateAt(db, control('decision', key), atMs))
    return drain.kind === 'there' ? [drain.body] : []
  })
  const hostThen = pictureThen(stateAt(db, { stream, kind: 'host', key: '' }, atMs))
  const hostName = hostThen.kind === 'there' ? (hostThen.body['name'] ?? host) : host
  const verdicts = bodyThen(judged, (body) =>
    body.kind === 'verdicts' ? body.verdicts : undefined,
  )
  const all: ContainerThen = {
    id,
    host,
    hostName,
    name: looked.kind === 'there' ? (looked.body['name'] ?? name) : name,
    looked,
    verdicts,
    presence: pictureThen(presence),
    drains,
  }
  return all
}

interface Place {
  readonly stream: string
  readonly kind: EventKind
  readonly key: string
}

function control(kind: EventKind, key: string): Place {
  return { stream: CONTROL, kind, key }
}

/** The last of its rows, in their own order, that is not from later. */
function stateAt(db: DatabaseSync, { key, kind, stream }: Place, atMs: number): Then<StoredBody> {
  const row = db
    .prepare(
      `SELECT c.at, c.cause, c.body FROM change c JOIN thing t ON t.id = c.thing
       WHERE t.stream = ? AND t.kind = ? AND t.key = ? AND c.at <= ?
       ORDER BY c.incarnation DESC, c.seq DESC LIMIT 1`,
    )
    .get(stream, kind, key, atMs)
  if (row === undefined) return { kind: 'unknown' }
  const { at, body, cause } = StateRow.parse(row)
  const stored = bodyOf(kind, body)
  if (stored.kind === 'gone') return { kind: 'gone', atMs: at, cause }
  return { kind: 'there', atMs: at, cause, body: stored }
}

const StateRow = z.object({ at: z.int(), cause: z.string(), body: z.string().nullable() })

function pictureThen(then: Then<StoredBody>): Then<Picture> {
  return bodyThen(then, (body) => (body.kind === 'picture' ? body.picture : undefined))
}

function bodyThen<Body>(
  then: Then<StoredBody>,
  take: (body: StoredBody) => Body | undefined,
): Then<Body> {
  if (then.kind !== 'there') return then
  const body = take(then.body)
  return body === undefined ? { kind: 'unknown' } : { ...then, body }
}

/** Between the last word of one life of a master that this log has heard of, and the first of the next. */
function gapAt(db: DatabaseSync, atMs: number): Moment['gap'] {
  const lives = `(SELECT began, seen FROM life UNION ALL SELECT began, seen FROM peer_life)`
  const fromMs = numberIn(db, `SELECT max(seen) AS t FROM ${lives} WHERE began <= ${atMs}`, 't')
  const after = db.prepare(`SELECT min(began) AS t FROM ${lives} WHERE began > ?`).get(atMs)
  const toMs = after?.['t']
  const isBetween = fromMs > 0 && fromMs < atMs
  return typeof toMs === 'number' && isBetween ? { fromMs, toMs } : undefined
}

function lostAt(db: DatabaseSync, atMs: number): number {
  const sql = `SELECT total(changes) AS lost FROM loss WHERE since <= ${atMs} AND until >= ${atMs}`
  return numberIn(db, sql, 'lost')
}
