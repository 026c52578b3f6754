import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sha256 } from '@roadstead/bus/sha256.ts'
import type { Log, LogFields } from '@roadstead/shared/kernel/log.ts'
import { exampleContainer, exampleSnapshot, exampleStamp } from '../core/examples.ts'
import { emptyGraph } from '../core/graph/graph.ts'
import type { Note } from '../core/history/note.ts'
import { ManualClock } from '../testing/manual-clock.ts'
import { HistoryDesk } from './history-desk.ts'
import { keepHistory, type WritableHistory } from './keep-history.ts'

/** A log whose disk a test can fill, and that remembers what it was told. */
class Disk implements WritableHistory {
  readonly notes: Note[] = []
  readonly losses: number[] = []
  why = ''
  read = { stream: 'events', incarnation: 0, seq: 0 }
  opened = 0
  isClosed = false

  open(): ReturnType<WritableHistory['open']> {
    this.opened += 1
    return this.#answer({ did: 'open', beginsMs: 1, read: this.read } as const)
  }

  write({ notes }: Parameters<WritableHistory['write']>[0]): ReturnType<WritableHistory['write']> {
    if (this.why === '') this.notes.push(...notes)
    return this.#answer({ did: 'write' } as const)
  }

  lose({ changes }: Parameters<WritableHistory['lose']>[0]): ReturnType<WritableHistory['lose']> {
    this.losses.push(changes)
    return this.#answer({ did: 'lose' } as const)
  }

  close(): ReturnType<WritableHistory['close']> {
    this.isClosed = true
    return this.#answer({ did: 'close' } as const)
  }

  async #answer<Answer>(answer: Answer): Promise<Answer | { did: 'fail'; why: string }> {
    return this.why === '' ? answer : { did: 'fail', why: this.why }
  }
}

function setUp(read = 0) {
  const clock = new ManualClock()
  const disk = new Disk()
  disk.read = { stream: 'events', ...place(read) }
  const lost: number[] = []
  const desk = new HistoryDesk({
    digest: sha256,
    nowMs: () => clock.wallMs(),
    known: () => emptyGraph,
    onLost: (changes) => lost.push(changes),
  })
  const said: string[] = []
  const line = (_fields: LogFields, message: string): void => void said.push(message)
  const log: Log = { error: line, warn: line, info: line, debug: line }
  const stop = new AbortController()
  const deps = { desk, history: disk, clock, log, count: () => undefined }
  const ended = keepHistory(deps, stop.signal)
  return {
    clock,
    desk,
    disk,
    lost,
    said,
    [Symbol.asyncDispose]: async () => {
      stop.abort()
      await ended
    },
  }
}

const place = (seq: number) => ({ incarnation: 7, seq })
const gone = (seq: number) =>
  ({
    kind: 'container-gone',
    stamp: exampleStamp('h1', seq),
    containerId: exampleContainer(1).id,
    name: 'c1',
    cause: { action: 'destroy', seenAtMs: 1 },
  }) as const

/** Whoever was woken just now has to have asked for its pause. */
async function pass({ clock }: { readonly clock: ManualClock }, ms: number): Promise<void> {
  await clock.pass(0)
  await clock.pass(ms)
}

const states = (disk: Disk) => disk.notes.filter(({ kind }) => kind === 'state').length

test('what is put down is written a moment later, and all of it when the process ends', async () => {
  const { disk } = await (async () => {
    await using run = setUp()
    await run.clock.pass(0)
    run.desk.observed(gone(1), place(1))
    await pass(run, 100)
    assert.equal(states(run.disk), 1)
    assert.deepEqual(run.disk.notes.at(-1), {
      kind: 'read',
      place: { stream: 'events', ...place(1) },
    })
    run.desk.observed(gone(2), place(2))
    return run
  })()
  assert.equal(states(disk), 2)
  assert.ok(disk.isClosed)
})

test('events that the log has already are not noted again; those of another stream are', async () => {
  await using run = setUp(5)
  run.desk.observed(gone(1), place(4))
  await run.clock.pass(0)
  run.desk.observed(gone(2), place(5))
  run.desk.observed(gone(3), place(6))
  run.desk.observed(gone(4), { incarnation: 8, seq: 1 })
  await pass(run, 100)
  assert.equal(states(run.disk), 2)
})

test('a full disk is said once; what is new stays in memory until there is space', async () => {
  await using run = setUp()
  await run.clock.pass(0)
  run.disk.why = 'the disk is full'
  for (const seq of [1, 2, 3]) {
    run.desk.observed(gone(seq), place(seq))
    await pass(run, 100)
    await run.clock.pass(5_000)
  }
  assert.equal(run.desk.status.state, 'memory')
  assert.equal(run.desk.status.why, 'the disk is full')
  assert.equal(run.said.length, 1, run.said.join())
  run.disk.why = ''
  await run.clock.pass(5_000)
  assert.equal(states(run.disk), 3)
  assert.equal(run.desk.status.state, 'written')
  assert.deepEqual(run.lost, [])
  assert.match(run.said.at(-1) ?? '', /written again/)
})

test('when memory is full, too, the oldest goes, and how much is counted, said and written', async () => {
  await using run = setUp()
  run.disk.why = 'the disk is full'
  await run.clock.pass(0)
  for (let seq = 1; seq <= 20_010; seq += 1) run.desk.observed(gone(seq), place(seq))
  assert.equal(run.desk.lost, 10)
  assert.equal(run.desk.waiting, 20_000)
  assert.equal(run.lost.length, 10)
  run.disk.why = ''
  await run.clock.pass(5_000)
  await pass(run, 100)
  assert.equal(states(run.disk), 20_000)
  assert.deepEqual(run.disk.losses, [10])
  assert.equal(run.desk.restored, 1)
  assert.equal(run.desk.waiting, 0)
})

test('a snapshot of a large host is written in parts, and never dropped for its size alone', async () => {
  await using run = setUp()
  await run.clock.pass(0)
  const containers = Array.from({ length: 20_500 }, (_, at) => exampleContainer(at))
  run.desk.snapshot(exampleSnapshot(exampleStamp('h1', 1), containers))
  assert.equal(run.desk.lost, 0)
  assert.equal(run.desk.take(256).length, 256)
  await pass(run, 100)
  assert.ok(states(run.disk) > 20_000)
})
