import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  type Observation,
  STATEMENTS_PER_MESSAGE_MAX,
} from '@roadstead/shared/protocol/observation.ts'
import { host, idOf } from '../testing.ts'
import { Outbox, type Parcel, WINDOW } from './outbox.ts'

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

/** Said and sent one by one. */
function sent(outbox: Outbox, seqs: readonly number[]): Parcel[] {
  return seqs.map((seq) => {
    outbox.push(gone(seq))
    return taken(outbox)
  })
}

function taken(outbox: Outbox): Parcel {
  const parcel = outbox.takeUnsent()
  assert.ok(parcel)
  return parcel
}

function seqsOf(parcel: Parcel | undefined): number[] | undefined {
  return parcel?.observations.map(({ stamp }) => stamp.seq)
}

function all(outbox: Outbox): (number[] | undefined)[] {
  const parcels: (number[] | undefined)[] = []
  while (outbox.mayTake) parcels.push(seqsOf(outbox.takeUnsent()))
  return parcels
}

test('what waits goes together, as many as fit in a message', () => {
  const outbox = filled(STATEMENTS_PER_MESSAGE_MAX + 2)
  assert.equal(seqsOf(outbox.takeUnsent())?.length, STATEMENTS_PER_MESSAGE_MAX)
  assert.deepEqual(all(outbox), [[1, 2].map((n) => STATEMENTS_PER_MESSAGE_MAX + n)])
})

test('as many messages are under way as the window allows', () => {
  const outbox = new Outbox()
  const seqs = Array.from({ length: WINDOW }, (_, at) => at + 1)
  const parcels = sent(outbox, seqs)
  outbox.push(gone(WINDOW + 1))
  assert.equal(outbox.takeUnsent(), undefined)
  for (const parcel of parcels) outbox.settle(parcel, 'stored')
  assert.deepEqual(all(outbox), [[WINDOW + 1]])
})

test('after a failure nothing new goes, and everything from it on goes again, with whom it went', () => {
  const outbox = filled(3)
  const together = taken(outbox)
  const [four, five] = sent(outbox, [4, 5])
  assert.ok(four && five)
  outbox.settle(together, 'failed')
  outbox.push(gone(6))
  assert.equal(outbox.takeUnsent(), undefined)
  assert.equal(outbox.isUnderWay, true)
  outbox.settle(four, 'stored')
  outbox.settle(five, 'failed')
  outbox.rewind()
  assert.deepEqual(all(outbox), [[1, 2, 3], [5], [6]])
})

test('several that are refused go again one by one, since one of them may be the cause', () => {
  const outbox = filled(3)
  assert.equal(outbox.settle(taken(outbox), 'refused'), false)
  outbox.rewind()
  assert.deepEqual(all(outbox), [[1], [2], [3]])
})

test('what the bus refuses three times by itself is given up and blocks nothing', () => {
  const outbox = filled(1)
  const outcomes = [1, 2, 3].map(() => {
    const isGivenUp = outbox.settle(taken(outbox), 'refused')
    outbox.rewind()
    return isGivenUp
  })
  assert.deepEqual(outcomes, [false, false, true])
  assert.equal(outbox.length, 0)
})

test('drained, it gives out everything that is not known to be stored', () => {
  const outbox = new Outbox()
  const [one, two] = sent(outbox, [1, 2])
  assert.ok(one && two)
  outbox.settle(one, 'stored')
  outbox.push(gone(3))
  assert.deepEqual(
    outbox.drain().map((it) => it.stamp.seq),
    [2, 3],
  )
  assert.equal(outbox.length, 0)
  outbox.settle(two, 'failed')
  assert.deepEqual([outbox.hasFailed, outbox.isUnderWay], [false, false])
})

test('it is bounded, and says what it dropped', () => {
  const outbox = filled(10_003)
  assert.equal(outbox.length, 10_000)
  assert.equal(outbox.takeDropped(), 3)
  assert.equal(outbox.takeDropped(), 0)
})
