import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Convergence } from './convergence.ts'

test('figures are by nearest rank, and what was not seen is counted and no figure', () => {
  const convergence = new Convergence()
  const stop = { deed: 'stop', wants: 'not-served', faulty: false } as const
  for (let ms = 1; ms <= 100; ms += 1) convergence.add({ ...stop, ms })
  convergence.add({ ...stop, ms: undefined })
  assert.deepEqual(convergence.all(), { n: 100, unseen: 1, p50: 50, p90: 90, p99: 99, max: 100 })
  assert.deepEqual(convergence.of('stop', 'not-served'), convergence.all())
  assert.deepEqual(convergence.recent(), convergence.all())
  const nothing = { n: 0, unseen: 0, p50: 0, p90: 0, p99: 0, max: 0 }
  assert.deepEqual(convergence.of('start', 'served'), nothing)
})

test('hosts at which something was broken are counted by themselves', () => {
  const convergence = new Convergence()
  const start = { deed: 'start', wants: 'served' } as const
  convergence.add({ ...start, ms: 5, faulty: false })
  convergence.add({ ...start, ms: 9_000, faulty: true })
  assert.equal(convergence.all().max, 5)
  assert.equal(convergence.faulty().max, 9_000)
  assert.equal(convergence.recent().n, 1)
})
