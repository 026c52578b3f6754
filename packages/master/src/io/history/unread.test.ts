import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type LogOnTrial, logOnTrial, onceFrom } from '../../testing/exchanging.ts'
import { notesAbout } from '../../testing/notes.ts'

/** A greeting, and one question for each kind of row. */
const NOTHING_NEW = 3

function assertStill(one: LogOnTrial, two: LogOnTrial): void {
  assert.deepEqual([onceFrom(one, two).asked, onceFrom(two, one).asked], [NOTHING_NEW, NOTHING_NEW])
}

test('a bad row in a page costs the others nothing', () => {
  for (const [good, bad] of [
    ['"kind":"container"', '"kind":"satellite"'],
    ['"stream":"host h1"', '"stream":7'],
    ['"name":"', `"name":"${'n'.repeat(10_000)}`],
  ] as const) {
    using one = logOnTrial('one')
    using two = logOnTrial('two')
    two.write(notesAbout(1, 20))
    const { end, rows, unread } = onceFrom(one, two, (reply) => reply.replace(good, bad))
    assert.equal(rows, 19, bad.slice(0, 20))
    assert.equal(unread, 1)
    assert.ok(end.kind === 'end' && end.isWhole)
  }
})

test('what only a later version can read is asked for once, also when nothing else is in its page', () => {
  using one = logOnTrial('one')
  using two = logOnTrial('two')
  two.write(notesAbout(1, 450))
  two.db.exec(`UPDATE change SET body = '["of tomorrow"]' WHERE seq <= 210`)
  assert.equal(onceFrom(one, two).rows, 240)
  assertStill(one, two)
  // What is heard after all counts once.
  two.db.exec(`UPDATE change SET body = (SELECT body FROM change WHERE seq = 450) WHERE seq = 7`)
  one.write(notesAbout(1, 1, 7))
  assertStill(one, two)
})

test('a name as long as a host may send goes over; a longer one stays at home', () => {
  using one = logOnTrial('one')
  using two = logOnTrial('two')
  two.write(notesAbout(1, 300))
  two.db.prepare('UPDATE thing SET name = ?').run('n'.repeat(2_000))
  assert.equal(onceFrom(one, two).rows, 300)
  two.write(notesAbout(2, 250))
  two.db.prepare("UPDATE thing SET name = ? WHERE host = 'h2'").run('n'.repeat(20_000))
  two.write(notesAbout(3, 10, 300))
  const { end, rows } = onceFrom(one, two)
  assert.equal(rows, 10)
  assert.ok(end.kind === 'end' && end.isWhole)
  assertStill(one, two)
})

test('a row that is too much for a message, and an entry that is none, stay at home', () => {
  using one = logOnTrial('one')
  using two = logOnTrial('two')
  two.write(notesAbout(1, 5))
  two.db.prepare('UPDATE change SET body = ? WHERE seq = 2').run('\u0001'.repeat(200_000))
  const enter = two.db.prepare(
    'INSERT INTO audit (origin, seq, at, entry, hash) VALUES (?,?,?,?,?)',
  )
  enter.run('two', 1, 40, '{', 1)
  enter.run('two', 2, 41, '{}', 2)
  const { end, rows, unread } = onceFrom(one, two)
  assert.deepEqual([rows, unread], [4, 0])
  assert.ok(end.kind === 'end' && end.isWhole)
  assertStill(one, two)
})
