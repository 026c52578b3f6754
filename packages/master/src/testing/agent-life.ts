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
} from '../core/examples.ts'
import type { Note } from '../core/history/note.ts'
import { notesOfObservation, notesOfSnapshot } from '../core/history/observed.ts'

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

/** All that one agent says in its lives, in order. */
export const agentLife = steps.map(lifeOf)

export function notesOf(statement: Observation | Snapshot): Note[] {
  return statement.kind === 'snapshot'
    ? [...notesOfSnapshot(statement, sha256)]
    : notesOfObservation(statement, sha256)
}
