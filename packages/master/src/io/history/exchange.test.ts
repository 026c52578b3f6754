import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { Observation, Snapshot } from '@roadstead/shared/protocol/observation.ts'
import type { Note } from '../../core/history/note.ts'
import { agentLife, notesOf } from '../../testing/agent-life.ts'
import { notesAbout } from '../../testing/notes.ts'
import { type LogOnTrial, logOnTrial, onceFrom } from '../../testing/exchanging.ts'
import { readMoment } from './moment.ts'
import { readAudit } from './page.ts'
import { begins, bytesUsed, retain } from './retain.ts'

/** Who heard a statement, and when: the second time is a repeat, out of order. */
const hearing = agentLife.chain((said) =>
  fc.record({
    said: fc.constant(said),
    by: fc.array(fc.constantFrom('one', 'two', 'both'), {
      minLength: said.length,
      maxLength: said.length,
    }),
  }),
)

test('two masters of whom each heard a part have the same log after they exchanged', () => {
  fc.assert(
    fc.property(hearing, ({ by, said }) => {
      using one = logOnTrial('one')
      using two = logOnTrial('two')
      const heardBy = (who: string) => said.filter((_, at) => by[at] === who || by[at] === 'both')
      write(one, heardBy('one'))
      write(two, heardBy('two'))
      untilStill(one, two)
      assert.deepEqual(one.rows(), two.rows())
      // Whatever somebody heard of one container alone is there.
      const alone = new Set(one.rows().flatMap((row) => (row['among'] === 0 ? [placeOf(row)] : [])))
      for (const note of said.flatMap(notesOf)) {
        if (note.kind === 'state' && !note.among) assert.ok(alone.has(placeOfNote(note)))
      }
    }),
    { numRuns: 100 },
  )
})

test('of what both heard nothing is fetched', () => {
  fc.assert(
    fc.property(agentLife, (said) => {
      using one = logOnTrial('one')
      using two = logOnTrial('two')
      write(one, said)
      write(two, said.toReversed())
      assert.equal(onceFrom(one, two).rows, 0)
    }),
    { numRuns: 50 },
  )
})

function write(log: LogOnTrial, statements: readonly (Observation | Snapshot)[]): void {
  log.write(statements.flatMap(notesOf))
}

/** Each round may show something that the next one needs, as when a row lies between two others. */
function untilStill(one: LogOnTrial, two: LogOnTrial): void {
  for (let rounds = 0; rounds < ROUNDS_MAX; rounds += 1) {
    if (onceFrom(one, two).rows + onceFrom(two, one).rows === 0) return
  }
  assert.fail('they never agree')
}

const ROUNDS_MAX = 8

function placeOf(row: Record<string, unknown>): string {
  return `${String(row['key'])} ${String(row['incarnation'])}.${String(row['seq'])}`
}

function placeOfNote({ place, thing }: Extract<Note, { kind: 'state' }>): string {
  return 'seq' in place ? `${thing.key} ${place.incarnation}.${place.seq}` : ''
}

const row = {
  stream: 'host h1',
  kind: 'container',
  key: 'a'.repeat(64),
  host: 'h1',
  name: 'c1',
  incarnation: 1,
  seq: 1,
  atMs: 5,
  cause: '',
  body: '{}',
  among: false,
} as const

test('a garbled peer changes nothing, and a row that nobody could read stays where it is', () => {
  using one = logOnTrial('one')
  using two = logOnTrial('two')
  two.write(notesAbout(1, 20))
  for (const garble of [
    () => '',
    () => 'null',
    (reply: string) => reply.slice(0, -1),
    (reply: string) => reply.replace('"v":1', '"v":2'),
    (reply: string) => reply.replaceAll('"rows":', '"rows":-'),
    (reply: string) => reply.replaceAll('"two"', '"one"'),
  ]) {
    assert.equal(onceFrom(one, two, garble).end.kind, 'broken')
    assert.deepEqual(one.rows(), [])
  }
  const good = { ...row, seq: 2 }
  const changes = [
    { ...row, body: 'no JSON' },
    { ...row, body: '[1]' },
    { ...row, kind: 'verdict', body: '[{"reason":"none"}]' },
    { ...row, stream: 'events' },
    { ...row, stream: "host h1'; DROP TABLE change; --" },
    good,
  ]
  const told = JSON.stringify({ v: 1, master: 'two', told: { kind: 'rows', changes, audit: [] } })
  const { rows } = onceFrom(one, two, (reply) => (reply.includes('"changes":[{') ? told : reply))
  assert.equal(rows, 1)
  assert.deepEqual(
    one.rows().map(({ seq }) => seq),
    [2],
  )
  // Nothing is lost by that: the next round brings what is there.
  assert.equal(onceFrom(one, two).rows, 20)
})

test('a peer that is silent midway leaves whole pages, and the next round brings the rest', () => {
  using one = logOnTrial('one')
  using two = logOnTrial('two')
  two.write(notesAbout(1, 1_000))
  const first = onceFrom(one, two, (reply, asked) => (asked < 5 ? reply : ''))
  assert.equal(first.end.kind, 'broken')
  assert.ok(first.rows > 0 && first.rows < 1_000, `${first.rows} rows`)
  assert.equal(one.rows().length, first.rows)
  assert.equal(first.rows + onceFrom(one, two).rows, 1_000)
  assert.equal(onceFrom(one, two).asked, 3, 'a greeting, and one question for each kind')
})

test('an empty peer has nothing to tell, and a new log gets all of an old one', () => {
  using one = logOnTrial('one')
  using two = logOnTrial('two')
  two.write(notesAbout(1, 5_000))
  const { end, rows } = onceFrom(two, one)
  assert.equal(rows, 0)
  assert.ok(end.kind === 'end' && end.isWhole)
  assert.equal(onceFrom(one, two).rows, 5_000)
  assert.deepEqual(one.rows(), two.rows())
})

test('what would be forgotten at once is not fetched; how things looked at the horizon is', () => {
  using one = logOnTrial('one', 900_000)
  using two = logOnTrial('two')
  two.write([...notesAbout(1, 1_000), ...notesAbout(2, 1)])
  const { rows } = onceFrom(one, two)
  // From second 900 on, and the last of each before: 899 of the one, and the only one of the other.
  assert.equal(rows, 101 + 1 + 1)
  retain(one.db, { horizonMs: 900_000, bytesMax: 2 ** 40 })
  assert.equal(one.rows().length, rows)
  assert.equal(onceFrom(one, two).rows, 0)
})

test('a log that is nearly full fetches the newest and stops', () => {
  using one = logOnTrial('one')
  using two = logOnTrial('two')
  two.write(notesAbout(1, 2_000))
  const { end, rows } = onceFrom(one, two, undefined, { bytesMax: bytesUsed(two.db) / 2 })
  assert.ok(end.kind === 'end' && !end.isWhole)
  assert.ok(rows > 200 && rows < 1_600, `${rows} rows`)
  assert.equal(one.rows().at(-1)?.['seq'], 2_000)
})

test('after a whole round the log knows what the peer knew, and until when it was there', () => {
  using one = logOnTrial('one')
  using two = logOnTrial('two')
  const entry = {
    who: 'ann',
    via: 'token',
    from: '192.0.2.1',
    asked: 'POST /api/v1/drain',
  } as const
  const done = { about: {}, outcome: 'done', status: 200, tookMs: 1 } as const
  two.writer.write([{ kind: 'audit', atMs: 40, entry: { ...entry, ...done } }], 90)
  one.db.exec('UPDATE life SET began = 200, seen = 300')
  assert.equal(begins(one.db), 200)
  assert.equal(onceFrom(one, two, undefined, { fromMs: 50 }).rows, 0, 'not of this range')
  assert.equal(begins(one.db), 200)
  assert.equal(onceFrom(one, two).rows, 1)
  assert.equal(begins(one.db), 1)
  assert.deepEqual(readAudit(one.db, { limit: 9 }), readAudit(two.db, { limit: 9 }))
  assert.deepEqual(readMoment(one.db, 'c1', 80).gap, undefined)
  assert.deepEqual(readMoment(one.db, 'c1', 150).gap, { fromMs: 90, toMs: 200 })
  assert.equal(onceFrom(one, two).rows, 0)
})
