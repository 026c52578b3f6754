import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { ownPlace } from '../../core/history/note.ts'
import { logOnTrial, onceFrom } from '../../testing/exchanging.ts'
import { notesAbout } from '../../testing/notes.ts'
import { readAudit, readChanges } from './page.ts'

/** As the first version wrote it: what it has of a host, of its own, and of the audit. */
const VERSION_1 = `
CREATE TABLE thing (id INTEGER PRIMARY KEY, stream TEXT NOT NULL, kind TEXT NOT NULL,
  key TEXT NOT NULL, host TEXT NOT NULL, name TEXT NOT NULL, UNIQUE (stream, kind, key));
CREATE TABLE change (id INTEGER PRIMARY KEY, thing INTEGER NOT NULL, incarnation INTEGER NOT NULL,
  seq INTEGER NOT NULL, at INTEGER NOT NULL, cause TEXT NOT NULL, body TEXT, among INTEGER NOT NULL,
  quiet INTEGER NOT NULL, UNIQUE (thing, incarnation, seq));
CREATE INDEX change_by_time ON change (at, id);
CREATE TABLE whole (stream TEXT NOT NULL, kind TEXT NOT NULL, incarnation INTEGER NOT NULL,
  seq INTEGER NOT NULL, at INTEGER NOT NULL, cause TEXT NOT NULL,
  PRIMARY KEY (stream, kind, incarnation, seq)) WITHOUT ROWID;
CREATE TABLE domain (domain TEXT NOT NULL, thing INTEGER NOT NULL,
  PRIMARY KEY (domain, thing)) WITHOUT ROWID;
CREATE TABLE life (id INTEGER PRIMARY KEY, instance TEXT NOT NULL UNIQUE, began INTEGER NOT NULL,
  seen INTEGER NOT NULL, last INTEGER NOT NULL, closed INTEGER NOT NULL);
CREATE TABLE read (stream TEXT PRIMARY KEY, incarnation INTEGER NOT NULL, seq INTEGER NOT NULL);
CREATE TABLE loss (since INTEGER NOT NULL, until INTEGER NOT NULL, changes INTEGER NOT NULL);
CREATE TABLE audit (id INTEGER PRIMARY KEY, at INTEGER NOT NULL, entry TEXT NOT NULL);
CREATE INDEX audit_by_time ON audit (at, id);
CREATE TABLE fact (name TEXT PRIMARY KEY, value INTEGER NOT NULL);
INSERT INTO life VALUES (1, 'first', 1, 50, 9, 1), (2, 'second', 60, 90, 9, 1);
INSERT INTO thing VALUES (1, 'master', 'leader', 'i1', '', 'i1'), (2, 'host h1', 'host', '', 'h1', 'h1');
INSERT INTO change VALUES
  (1, 1, 7, 1, 1000, '', '{"what":"leader changed","details":{"epoch":"1"}}', 0, 0),
  (2, 2, 3, 4, 900, 'start', '{"name":"h1"}', 0, 0);
INSERT INTO audit VALUES (1, 40, '{"who":"ann","via":"token","from":"192.0.2.1","asked":"POST /x",
  "about":{},"outcome":"done","status":200,"tookMs":1}');
PRAGMA user_version = 1;
`

test('a log of the first version is read on, and what masters told of their own stays at home', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'roadstead-form-'))
  await using _gone = { [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }) }
  const path = join(folder, 'history.db')
  const old = new DatabaseSync(path)
  old.exec(VERSION_1)
  old.close()
  using log = logOnTrial('third', 0, path)
  const thing = { kind: 'leader', key: 'i2', host: '', name: 'i2' } as const
  const body = '{"what":"leader changed","details":{"epoch":"2"}}'
  const line = { kind: 'line', atMs: 2_000, cause: '', thing, body } as const
  log.write([{ ...line, place: ownPlace(2) }, ...notesAbout(2, 1, 3)])
  const told = readChanges(log.db, { limit: 9 }).items.map(
    ({ subject, what }) => `${subject} ${what}`,
  )
  assert.deepEqual(told, [
    'h1 host found',
    'i1 leader changed',
    'i2 leader changed',
    'c2 container found',
  ])
  assert.equal(readAudit(log.db, { limit: 9 }).items[0]?.who, 'ann')

  using other = logOnTrial('other')
  assert.equal(onceFrom(other, log).rows, 4, 'two changes of hosts, one of this epoch, one entry')
  assert.equal(onceFrom(other, log).rows, 0)
})
