import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { sha256 } from '@roadstead/bus/sha256.ts'
import type { Observation, Snapshot } from '@roadstead/shared/protocol/observation.ts'
import { exampleContainer, exampleStamp } from '../../core/examples.ts'
import { foldAll } from '../../core/graph/fold.ts'
import { emptyGraph } from '../../core/graph/graph.ts'
import { containerPicture } from '../../core/history/picture.ts'
import { agentLife, notesOf } from '../../testing/agent-life.ts'
import { HistoryWriter } from './writer.ts'
import { openDatabase } from './schema.ts'

const heard = agentLife.chain((said) =>
  fc.record({
    said: fc.constant(said),
    order: fc.shuffledSubarray([...said, ...said], {
      minLength: 2 * said.length,
      maxLength: 2 * said.length,
    }),
    batch: fc.integer({ min: 1, max: 9 }),
  }),
)

/** Of 1,500 the last thousand found nothing that the first had not. */
const RUNS = 200

test('the log is the same in whatever order, and however often, it is told (I2)', () => {
  fc.assert(
    fc.property(heard, ({ batch, order, said }) => {
      assert.deepEqual(rowsOf(order, batch), rowsOf(said, said.length))
    }),
    { numRuns: RUNS },
  )
})

test('what the log says last of each container is what the graph says (I2)', () => {
  fc.assert(
    fc.property(heard, ({ batch, order }) => {
      const { graph } = foldAll(emptyGraph, order)
      const [host] = graph.hosts.values()
      const expected = new Map(
        [...(host?.containers.values() ?? [])].map((container) => [
          container.id,
          JSON.stringify(containerPicture(container, sha256)),
        ]),
      )
      const last = new Map<unknown, unknown>()
      for (const { body, key, kind } of rowsOf(order, batch)) {
        if (kind === 'container') last.set(key, body)
      }
      for (const [key, body] of last) if (body === null) last.delete(key)
      assert.deepEqual(last, expected)
    }),
    { numRuns: RUNS },
  )
})

test('a thing is called what the last statement calls it, also where an older one comes later', () => {
  const cause = { action: 'rename', timeNano: '1', seenAtMs: 1 }
  const said = ['one', 'two', 'three'].map(
    (name, at): Observation => ({
      kind: 'container-seen',
      stamp: exampleStamp('alpha', at + 1),
      container: exampleContainer(1, { name }),
      cause,
    }),
  )
  for (const order of [said, said.toReversed(), [...said, ...said]]) {
    const { db } = openDatabase(':memory:', 0)
    const writer = new HistoryWriter(db, 'one', 0)
    for (const statement of order) writer.write(notesOf(statement), 0)
    assert.equal(db.prepare('SELECT name FROM thing').get()?.['name'], 'three')
    db.close()
  }
})

/** In the order of the speaker; without what was stored when. */
function rowsOf(statements: readonly (Observation | Snapshot)[], batch: number) {
  const { db } = openDatabase(':memory:', 0)
  try {
    const writer = new HistoryWriter(db, 'one', 0)
    for (let at = 0; at < statements.length; at += batch) {
      writer.write(statements.slice(at, at + batch).flatMap(notesOf), 0)
    }
    return db
      .prepare(
        `SELECT t.kind, t.key, c.incarnation, c.seq, c.at, c.body, c.quiet, c.among FROM change c
         JOIN thing t ON t.id = c.thing ORDER BY c.incarnation, c.seq, t.kind, t.key`,
      )
      .all()
      .map((row) => ({ ...row }))
  } finally {
    db.close()
  }
}
