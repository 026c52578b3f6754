import assert from 'node:assert/strict'
import { test } from 'node:test'
import { aContainer, STARTED_AT } from '../testing.ts'
import { hintStop, isOfEarlierRun, settleStop } from './stopping.ts'

const known = aContainer()
const nanoOf = (time: string): string => `${Date.parse(time)}000000`
const at = { timeNano: nanoOf(STARTED_AT), nowMs: 1_000 }
const hinted = hintStop(new Map(), known.id, known, at)

test('after the stop signal a running container is stopping', () => {
  assert.equal(settleStop(hinted, known, 1_001).isStopping, true)
  assert.equal(settleStop(new Map(), known, 1_001).isStopping, false)
})

test('a new run is not meant, and forgets it', () => {
  const next = { ...known, startedAt: '2027-01-01T00:00:00Z' }
  const settled = settleStop(hinted, next, 1_001)
  assert.equal(settled.isStopping, false)
  assert.equal(settled.stopping.size, 0)
})

test('a signal to a run that was never seen is not meant for the one that follows', () => {
  const unseen = hintStop(new Map(), known.id, undefined, at)
  assert.equal(settleStop(unseen, known, 1_001).isStopping, true)
  const next = { ...known, startedAt: '2026-01-02T03:04:06.678901234Z' }
  assert.equal(settleStop(unseen, next, 1_001).isStopping, false)
})

test('a dead container is dead and not stopping', () => {
  assert.equal(settleStop(hinted, { ...known, state: 'exited' }, 1_001).isStopping, false)
})

test('who outlives the grace by two seconds was not meant to end', () => {
  assert.equal(settleStop(hinted, known, 1_000 + 11_999).isStopping, true)
  assert.equal(settleStop(hinted, known, 1_000 + 12_000).isStopping, false)
})

test('an event from before the run that is known speaks of another', () => {
  const startNano = `${Date.parse(STARTED_AT)}000000`
  assert.equal(isOfEarlierRun(String(BigInt(startNano) - 1_000_000n), STARTED_AT), true)
  assert.equal(isOfEarlierRun(startNano, STARTED_AT), false)
  assert.equal(isOfEarlierRun(startNano, undefined), false)
})
