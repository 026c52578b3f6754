import assert from 'node:assert/strict'
import { test } from 'node:test'
import { oldWorkers } from './workers.ts'

const leaving = (startTicks: number, bytes = 0) =>
  ({ pid: startTicks, role: 'leaving-worker', startTicks, bytes }) as const

test('workers that began together are one generation', () => {
  const generations = (...starts: readonly number[]) =>
    oldWorkers(starts.map((start) => leaving(start))).generations
  assert.equal(generations(), 0)
  assert.equal(generations(100, 101), 1)
  assert.equal(generations(131, 100, 101, 130), 2)
})

test('the memory of all leaving workers counts, and of no other', () => {
  const serving = { pid: 1, role: 'worker', startTicks: 5, bytes: 1_000 } as const
  const master = { pid: 2, role: 'master', startTicks: 1, bytes: 1_000 } as const
  assert.deepEqual(oldWorkers([serving, master]), { generations: 0, bytes: 0 })
  assert.deepEqual(oldWorkers([serving, leaving(100, 30), leaving(200, 12)]), {
    generations: 2,
    bytes: 42,
  })
})
