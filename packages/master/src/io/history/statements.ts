import type { DatabaseSync, StatementSync } from 'node:sqlite'

/** What is asked for each note, compiled once. */
export function prepare(db: DatabaseSync) {
  const row = (where: string, order: string): StatementSync =>
    db.prepare(
      `SELECT id, incarnation, seq, body, among FROM change WHERE thing = ?1 AND
       (incarnation, seq) ${where} (?2, ?3) ORDER BY incarnation ${order}, seq ${order} LIMIT 1`,
    )
  return {
    before: row('<', 'DESC'),
    upTo: row('<=', 'DESC'),
    after: row('>', 'ASC'),
    insert: db.prepare(
      `INSERT OR IGNORE INTO change (thing, incarnation, seq, at, cause, body, among, quiet, hash)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    ),
    join: db.prepare(
      `UPDATE change SET among = ?1, at = ?2, cause = ?3, hash = ?4
       WHERE thing = ?5 AND incarnation = ?6 AND seq = ?7 AND (among, at, cause) > (?1, ?2, ?3)`,
    ),
    forget: db.prepare('DELETE FROM change WHERE id = ?'),
    quieten: db.prepare('UPDATE change SET quiet = ? WHERE id = ?'),
    knownThing: db.prepare('SELECT id, name FROM thing WHERE stream = ? AND kind = ? AND key = ?'),
    thing: db.prepare(
      `INSERT INTO thing (stream, kind, key, host, name) VALUES (?, ?, ?, ?, ?)
       ON CONFLICT (stream, kind, key) DO UPDATE
       SET name = CASE excluded.name WHEN '' THEN name ELSE excluded.name END,
           host = CASE excluded.host WHEN '' THEN host ELSE excluded.host END
       RETURNING id`,
    ),
    thingsAt: db.prepare(
      `SELECT id, key, (SELECT body FROM change WHERE thing = thing.id AND
       (incarnation, seq) <= (?1, ?2) ORDER BY incarnation DESC, seq DESC LIMIT 1) AS body
       FROM thing WHERE stream = ?3 AND kind = ?4`,
    ),
    whole: db.prepare('INSERT OR IGNORE INTO whole VALUES (?, ?, ?, ?, ?, ?)'),
    nextWhole: db.prepare(
      `SELECT incarnation, seq, at, cause FROM whole WHERE stream = ?1 AND kind = ?2 AND
       (incarnation, seq) > (?3, ?4) ORDER BY incarnation, seq LIMIT 1`,
    ),
    domain: db.prepare('INSERT OR IGNORE INTO domain VALUES (?, ?)'),
    audit: db.prepare(
      'INSERT OR IGNORE INTO audit (origin, seq, at, entry, hash) VALUES (?, ?, ?, ?, ?)',
    ),
    read: db.prepare('INSERT OR REPLACE INTO read VALUES (?, ?, ?)'),
    live: db.prepare('UPDATE life SET seen = ?, last = ? WHERE id = ?'),
    lose: db.prepare('INSERT INTO loss VALUES (?, ?, ?)'),
  }
}
