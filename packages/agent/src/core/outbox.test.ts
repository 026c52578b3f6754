import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Observation } from '@roadstead/shared/protocol/observation.ts'
import { host, idOf } from '../testing.ts'
import { Outbox, WINDOW } from './outbox.ts'

function filled(count: number): Outbox {
  const outbox = new Outbox()
  for (let seq = 1; seq <= count; seq += 1) outbox.push(gone(seq))
  return outbox
}

function gone(seq: number): Observation {
  const cause = { action: 'x', seenAtMs: 0 }
  const stamp = { host, boot: 1, seq }
  return { kind: 'container-gone', stamp, containerId: idOf('a'), name: '', cause }
}

test('as many are under way as the window allows, in order', () => {
  const outbox = filled(WINDOW + 5)
  const first = outbox.takeUnsent()
  assert.equal(first.length, WINDOW)
  assert.deepEqual(outbox.takeUnsent(), [])
  for (const item of first) outbox.settle(item, 'stored')
  assert.deepEqual(
    outbox.takeUnsent().map((it) => it.observation.stamp.seq),
    [1, 2, 3, 4, 5].map((n) => WINDOW + n),
  )
})

test('after a failure nothing new goes, and everything from it on goes again', () => {
  const outbox = filled(3)
  const [one, two, three] = outbox.takeUnsent()
  assert.ok(one && two && three)
  outbox.settle(one, 'stored')
  outbox.settle(two, 'failed')
  outbox.push(gone(4))
  assert.deepEqual(outbox.takeUnsent(), [])
  assert.equal(outbox.isUnderWay, true)
  outbox.settle(three, 'failed')
  outbox.rewind()
  assert.deepEqual(
    outbox.takeUnsent().map((it) => it.observation.stamp.seq),
    [2, 3, 4],
  )
})

test('what the bus refuses three times is given up and blocks nothing', () => {
  const outbox = filled(2)
  const outcomes = [1, 2, 3].map(() => {
    const [first, ...rest] = outbox.takeUnsent()
    for (const item of rest) outbox.settle(item, 'stored')
    const isGivenUp = first !== undefined && outbox.settle(first, 'refused')
    outbox.rewind()
    return isGivenUp
  })
  assert.deepEqual(outcomes, [false, false, true])
  assert.equal(outbox.length, 0)
})

test('drained, it gives out everything that is not known to be stored', () => {
  const outbox = filled(3)
  const [one] = outbox.takeUnsent()
  assert.ok(one)
  outbox.settle(one, 'stored')
  assert.deepEqual(
    outbox.drain().map((it) => it.stamp.seq),
    [2, 3],
  )
  assert.equal(outbox.length, 0)
})

test('it is bounded, and says what it dropped', () => {
  const outbox = filled(10_003)
  assert.equal(outbox.length, 10_000)
  assert.equal(outbox.takeDropped(), 3)
  assert.equal(outbox.takeDropped(), 0)
})
