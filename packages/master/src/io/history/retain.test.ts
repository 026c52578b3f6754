import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sha256 } from '@roadstead/bus/sha256.ts'
import { exampleGone, exampleId, exampleStamp } from '../../core/examples.ts'
import { notesOfObservation } from '../../core/history/observed.ts'
import { notesAbout } from '../../testing/notes.ts'
import { directHistory, type History } from './history.ts'

const NO_LIMIT = 2 ** 40

async function opened(): Promise<History> {
  const history = directHistory(':memory:', 'one')
  await history.open({ nowMs: 0 })
  return history
}

/** Until nothing is left to do; how many steps that took, and what went. */
async function sweep(history: History, horizonMs: number, bytesMax = NO_LIMIT) {
  let steps = 0
  let forgotten = 0
  let step = await history.retain({ wanted: { horizonMs, bytesMax } })
  for (;;) {
    assert.ok(step.did === 'retain', JSON.stringify(step))
    steps += 1
    forgotten += step.retained.forgotten
    const { next } = step.retained
    if (next === undefined) return { steps, forgotten, bytes: step.bytes }
    step = await history.retain({ wanted: { horizonMs, bytesMax }, sweep: next })
  }
}

async function times(history: History): Promise<number[]> {
  const answer = await history.changes({ query: { limit: 2_000 } })
  assert.ok(answer.did === 'changes')
  return answer.page.items.map(({ at }) => Date.parse(at) / 1_000)
}

test('what is older than the horizon goes, in steps; how each thing looked there stays', async () => {
  const history = await opened()
  await history.write({ notes: notesAbout(1, 3_000), nowMs: 1 })
  const { forgotten, steps } = await sweep(history, 2_500_000)
  assert.equal(forgotten, 2_498)
  assert.ok(steps >= 3, `${steps} steps`)
  const left = await times(history)
  assert.equal(left[0], 2_500)
  assert.equal(left.length, 501)
  const then = await history.moment({ subject: 'c1', atMs: 2_500_000 - 1 })
  assert.ok(then.did === 'moment')
  const [container] = then.moment.containers
  assert.equal(container?.looked.kind, 'there')
  assert.equal(then.moment.beginsMs, 2_500_000)
  assert.equal((await sweep(history, 2_500_000)).forgotten, 0)
})

test('nothing is left of a container that went before the horizon', async () => {
  const history = await opened()
  await history.write({ notes: notesAbout(1, 5), nowMs: 1 })
  const gone = notesOfObservation(exampleGone(exampleStamp('h1', 9), exampleId(1)), sha256)
  await history.write({ notes: gone, nowMs: 1 })
  await history.write({ notes: notesAbout(2, 1), nowMs: 1 })
  await sweep(history, 900_000)
  await sweep(history, 900_000)
  const one = await history.moment({ subject: 'c1', atMs: 1_000_000 })
  assert.ok(one.did === 'moment' && one.moment.containers.length === 0)
  const other = await history.moment({ subject: 'c2', atMs: 1_000_000 })
  assert.ok(other.did === 'moment' && other.moment.containers.length === 1)
})

test('a log that is too large loses its oldest, and no more than it has to', async () => {
  const history = await opened()
  for (let from = 1; from < 20_000; from += 10_000) {
    await history.write({ notes: notesAbout(1, 10_000, from), nowMs: 1 })
  }
  const before = (await sweep(history, 0)).bytes
  const bytesMax = Math.round(before * 0.7)
  const { bytes } = await sweep(history, 0, bytesMax)
  assert.ok(bytes <= bytesMax, `${bytes} of ${bytesMax}`)
  assert.ok(bytes > bytesMax / 3, `${bytes} of ${bytesMax}`)
  assert.equal((await times(history)).at(-1), 20_000)
})

test('a log that only holds what is there now is not emptied, however small it should be', async () => {
  const history = await opened()
  const notes = Array.from({ length: 500 }, (_, at) => notesAbout(at + 1, 1)).flat()
  await history.write({ notes, nowMs: 1 })
  await sweep(history, 10_000_000, 1)
  const then = await history.moment({ subject: 'c77', atMs: 10_000_000 })
  assert.ok(then.did === 'moment')
  assert.equal(then.moment.containers[0]?.looked.kind, 'there')
})
