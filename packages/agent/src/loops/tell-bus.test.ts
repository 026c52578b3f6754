import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import type { Stored } from '@roadstead/bus/ports.ts'
import { systemClock as clock } from '@roadstead/shared/kernel/clock.ts'
import { SiteId } from '@roadstead/shared/kernel/ids.ts'
import { silentLog as log } from '@roadstead/shared/kernel/log.ts'
import { seededRandom } from '@roadstead/shared/kernel/random.ts'
import type { EventEnvelope, Snapshot } from '@roadstead/shared/protocol/observation.ts'
import { eventually } from '../../../../test/rig/eventually.ts'
import { toHostFacts } from '../core/to-host.ts'
import { InfoJson, VersionJson } from '../core/engine-json.ts'
import { Spool } from '../io/spool.ts'
import { aContainer, aState, cause, idOf } from '../testing.ts'
import { replaySpool } from './replay-spool.ts'
import { SnapshotRequests, tellBus } from './tell-bus.ts'

const SOON = { withinMs: 15_000 }
const stored: Stored = { kind: 'stored', seq: 1, duplicate: false }

/** A bus that writes down what reaches it, and can be cut off or made to fail. */
class Paper {
  readonly lines: string[] = []
  isUp = true
  next: Stored[] = []
  readonly #listeners = new Set<() => void>()
  readonly link = {
    connected: () => this.isUp,
    onChange: (listener: () => void) => {
      this.#listeners.add(listener)
      return { [Symbol.dispose]: () => this.#listeners.delete(listener) }
    },
  }

  turn(isUp: boolean): void {
    this.isUp = isUp
    for (const listener of this.#listeners) listener()
  }

  async publishEvent({ data, more = [], replay = false }: EventEnvelope): Promise<Stored> {
    const seqs = [data, ...more].map(({ stamp }) => stamp.seq)
    return this.#take(`${replay ? 'history' : 'event'} ${seqs.join(' ')}`)
  }

  async publishSnapshot(snapshot: Snapshot): Promise<Stored> {
    return this.#take(`snapshot ${snapshot.stamp.seq}`)
  }

  #take(line: string): Stored {
    if (!this.isUp) return { kind: 'unknown', error: 'not connected' }
    const outcome = this.next.shift() ?? stored
    if (outcome.kind === 'stored') this.lines.push(line)
    return outcome
  }
}

async function telling() {
  const directory = await mkdtemp(join(tmpdir(), 'roadstead-tell-'))
  const spool = new Spool(directory, { clock, log })
  const bus = new Paper()
  const state = aState()
  const stop = new AbortController()
  const snapshots = new SnapshotRequests(state.news)
  const site = SiteId.parse('s1')
  const deps = { bus, spool, state, site, clock, random: seededRandom(1), log, snapshots }
  const loops = [tellBus(deps, stop.signal), replaySpool(deps, stop.signal)]
  let restarts = 0
  return {
    bus,
    state,
    spool,
    snapshots,
    see(): void {
      restarts += 1
      state.tell({ kind: 'container', container: aContainer({ restartCount: restarts }), cause })
    },
    complete(): void {
      const version = { ...VersionJson.parse({}), spoken: '1.41' }
      const facts = toHostFacts(InfoJson.parse({}), version, { addresses: [], version: 't' })
      state.tell({ kind: 'host', facts, networks: [], cause })
      state.tell({ kind: 'complete' })
    },
    async until(lines: readonly string[]): Promise<void> {
      await eventually('so many lines', () => bus.lines.length >= lines.length, SOON)
      assert.deepEqual(bus.lines, lines)
    },
    async [Symbol.asyncDispose]() {
      stop.abort()
      await Promise.all(loops)
      spool[Symbol.dispose]()
      await rm(directory, { recursive: true })
    },
  }
}

test('a snapshot comes first, then what is said, in order', async () => {
  await using it = await telling()
  it.see()
  it.complete()
  await it.until(['snapshot 0'])
  it.see()
  await it.until(['snapshot 0', 'event 1'])
  it.see()
  it.see()
  await it.until(['snapshot 0', 'event 1', 'event 2 3'])
})

test('a few messages go at once, and then what is said within a moment goes together', async () => {
  await using it = await telling()
  it.complete()
  await it.until(['snapshot 0'])
  for (let at = 0; at < 200; at += 1) {
    it.see()
    await new Promise(setImmediate)
  }
  await eventually('all is told', () => it.bus.lines.at(-1)?.endsWith(' 200'), SOON)
  const messages = it.bus.lines.length
  assert.ok(messages > 16 && messages < 100, `${messages} messages`)
  const told = it.bus.lines.slice(1).flatMap((line) => line.split(' ').slice(1).map(Number))
  assert.deepEqual(
    told,
    Array.from({ length: 200 }, (_, at) => at + 1),
  )
})

test('what is said while the bus is away comes after a snapshot, as history', async () => {
  await using it = await telling()
  it.complete()
  await it.until(['snapshot 0'])
  it.bus.turn(false)
  it.see()
  it.see()
  await eventually('kept back', () => it.spool.length === 2, SOON)
  it.bus.turn(true)
  await it.until(['snapshot 0', 'snapshot 2', 'history 1', 'history 2'])
  it.see()
  await it.until(['snapshot 0', 'snapshot 2', 'history 1', 'history 2', 'event 3'])
  await eventually('nothing is kept back', () => it.spool.length === 0, SOON)
})

test('after a failed write all that is not stored goes again, in order', async () => {
  await using it = await telling()
  it.complete()
  await it.until(['snapshot 0'])
  const unknown: Stored = { kind: 'unknown', error: 'timeout' }
  it.bus.next = [unknown, unknown]
  it.see()
  it.see()
  it.see()
  await it.until(['snapshot 0', 'event 1 2 3'])
})

test('whoever asks for a snapshot gets one', async () => {
  await using it = await telling()
  it.complete()
  await it.until(['snapshot 0'])
  it.see()
  await it.until(['snapshot 0', 'event 1'])
  it.snapshots.ask()
  await it.until(['snapshot 0', 'event 1', 'snapshot 1'])
})

test('an observation that the bus refuses for good is left to a snapshot', async () => {
  await using it = await telling()
  it.complete()
  await it.until(['snapshot 0'])
  const refused: Stored = { kind: 'refused', error: 'too large', full: false }
  it.bus.next = [refused, refused, refused]
  it.state.seeGone(idOf('b'), cause)
  it.see()
  await it.until(['snapshot 0', 'snapshot 1'])
})
