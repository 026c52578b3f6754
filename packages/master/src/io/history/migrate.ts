import type { DatabaseSync } from 'node:sqlite'
import { EventKind } from '@roadstead/shared/protocol/http-events.ts'
import { auditHash, changeHash, HASH_END } from '../../core/history/row-hash.ts'

/**
 * Brings a log of an earlier version into the present form, and says which form it has now. What is not
 * known here is left as it is.
 */
export function migrate(db: DatabaseSync, version: number): number {
  if (version !== 1) return version
  const asNumber = (value: unknown): number => Number(value)
  db.function('change_hash', { deterministic: true, varargs: true }, (...of) => {
    const [stream, kind, key, incarnation, seq, at, among, cause] = of
    return changeHash({
      stream: String(stream),
      kind: EventKind.parse(kind),
      key: String(key),
      incarnation: asNumber(incarnation),
      seq: asNumber(seq),
      atMs: asNumber(at),
      among: among === 1,
      cause: String(cause),
    })
  })
  db.function('audit_hash', { deterministic: true }, (origin, seq, at) =>
    auditHash({ origin: String(origin), seq: asNumber(seq), atMs: asNumber(at) }),
  )
  db.exec(`BEGIN; ${TO_VERSION_2} PRAGMA user_version = 2; COMMIT`)
  return 2
}

/**
 * What a master told of its own was counted in its lives, each for itself: it stays at home, before the
 * first epoch. Entries of the audit belong to the first life that the log knows of.
 */
const TO_VERSION_2 = `
CREATE TABLE peer_life (instance TEXT PRIMARY KEY, began INTEGER NOT NULL, seen INTEGER NOT NULL);
ALTER TABLE change ADD COLUMN hash INTEGER NOT NULL DEFAULT 0;
UPDATE change SET incarnation = incarnation - 1000000000
  WHERE thing IN (SELECT id FROM thing WHERE stream = 'master');
UPDATE change SET hash = CASE WHEN incarnation < 0 THEN ${HASH_END} ELSE 0 END +
  (SELECT change_hash(stream, kind, key, incarnation, seq, at, among, cause)
   FROM thing WHERE thing.id = change.thing);
DROP INDEX change_by_time;
CREATE INDEX change_by_time ON change (at, seq, hash);
UPDATE whole SET incarnation = incarnation - 1000000000 WHERE stream = 'master';
DROP INDEX audit_by_time;
ALTER TABLE audit RENAME TO audit_1;
CREATE TABLE audit (
  id INTEGER PRIMARY KEY,
  origin TEXT NOT NULL,
  seq INTEGER NOT NULL,
  at INTEGER NOT NULL,
  entry TEXT NOT NULL,
  hash INTEGER NOT NULL,
  UNIQUE (origin, seq)
);
INSERT INTO audit (id, origin, seq, at, entry, hash)
  SELECT id, origin, id, at, entry, audit_hash(origin, id, at) FROM audit_1,
  (SELECT coalesce((SELECT instance FROM life ORDER BY id LIMIT 1), '-') AS origin);
DROP TABLE audit_1;
CREATE INDEX audit_by_time ON audit (at, seq, hash);
`
