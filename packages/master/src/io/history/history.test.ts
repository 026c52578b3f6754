import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { sha256 } from '@roadstead/bus/sha256.ts'
import type { Observation, Snapshot } from '@roadstead/shared/protocol/observation.ts'
import {
  exampleContainer,
  exampleFacts,
  exampleGone,
  exampleId,
  exampleSeen,
  exampleSnapshot,
  exampleStamp,
} from '../../core/examples.ts'
import { foldAll } from '../../core/graph/fold.ts'
import { emptyGraph } from '../../core/graph/graph.ts'
import type { Note } from '../../core/history/note.ts'
import { notesOfObservation, notesOfSnapshot } from '../../core/history/observed.ts'
import { containerPicture } from '../../core/history/picture.ts'
import { HistoryWriter } from './writer.ts'
import { openDatabase } from './schema.ts'

/** What one agent says, in order: each statement is true at its place. */
class Agent {
  readonly said: (Observation | Snapshot)[] = []
  readonly #there = new Map<number, number>([[1, 0]])
  #boot = 1
  #seq = 0
  #kernel = '6.1'

  step({ container, what }: Step): void {
    switch (what) {
      case 'restart':
        this.#boot += 1
        this.#seq = 0
        return this.tellAll()
      case 'snapshot':
        return this.tellAll()
      case 'gone':
        if (!this.#there.delete(container)) return
        this.said.push(exampleGone(this.#next(), exampleId(container)))
        return
      case 'host': {
        this.#kernel = `6.${container}`
        const [stamp, facts] = [this.#next(), this.#facts()]
        this.said.push({ kind: 'host-seen', stamp, facts, networks: [], cause })
        return
      }
      default:
        if (this.#there.get(container) === what) return
        this.#there.set(container, what)
        this.said.push(exampleSeen(this.#next(), looked(container, what)))
    }
  }

  tellAll(): void {
    const containers = Array.from(this.#there, ([id, what]) => looked(id, what))
    const stamp = exampleStamp('h1', this.#seq, this.#boot)
    this.said.push(exampleSnapshot(stamp, containers, { facts: this.#facts(), networks: [] }))
  }

  #facts() {
    return exampleFacts('h1', { kernel: this.#kernel })
  }

  #next() {
    this.#seq += 1
    return exampleStamp('h1', this.#seq, this.#boot)
  }
}

function lifeOf(all: readonly Step[]): (Observation | Snapshot)[] {
  const agent = new Agent()
  agent.tellAll()
  for (const step of all) agent.step(step)
  return agent.said
}

const cause = { action: 'list', seenAtMs: 5 }

function looked(container: number, restartCount: number) {
  return exampleContainer(container, { restartCount })
}

interface Step {
  readonly container: number
  readonly what: 'snapshot' | 'gone' | 'host' | 'restart' | number
}

const steps = fc.array(
  fc.record({
    container: fc.integer({ min: 1, max: 3 }),
    what: fc.oneof(
      fc.constantFrom('snapshot', 'gone', 'host', 'restart'),
      fc.integer({ min: 0, max: 2 }),
    ),
  }),
  { maxLength: 14 },
)

const heard = steps.map(lifeOf).chain((said) =>
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

function notesOf(statement: Observation | Snapshot): Note[] {
  return statement.kind === 'snapshot'
    ? [...notesOfSnapshot(statement, sha256)]
    : notesOfObservation(statement, sha256)
}

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
