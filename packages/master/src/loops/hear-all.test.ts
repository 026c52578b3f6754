import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  exampleGone,
  exampleId,
  exampleSeen,
  exampleSnapshot,
  exampleStamp,
} from '../core/examples.ts'
import { drainKey } from '../core/runs/refs.ts'
import { settled } from '../testing/manual-clock.ts'
import { cause, edge, TakingOver, web } from '../testing/taking-over.ts'

/**
 * A master that has just taken over knows only what it has heard. These are the rules by which it may
 * take something away from an edge: what is on no host that it has heard of may only be unheard of.
 */
test('nothing is written before every stream has been read to its end', async () => {
  await using leader = await TakingOver.after({ alpha: [1], beta: [2] })
  leader.says('alpha', [1])
  await leader.clock.pass(5_000)
  assert.equal(leader.writes, 0)
  leader.readAll()
  await settled()
  assert.deepEqual(leader.served(), [1, 2])
})

test('what is on a host that has not spoken stays, and what is new is there at once', async () => {
  await using leader = await TakingOver.after({ alpha: [1], beta: [2] })
  leader.readAll()
  leader.says('alpha', [1, 3])
  await leader.clock.pass(300)
  assert.deepEqual(leader.served(), [1, 2, 3])
})

test('once all have spoken, what one of them takes back is gone, before the master has settled', async () => {
  await using leader = await TakingOver.after({ alpha: [1], beta: [2, 4] })
  leader.readAll()
  leader.says('alpha', [1])
  leader.says('beta', [2, 4])
  await leader.clock.pass(300)
  assert.deepEqual(leader.served(), [1, 2, 4])
  leader.state.hear(exampleGone(exampleStamp('beta', 2), exampleId(4)), cause)
  await leader.clock.pass(300)
  assert.deepEqual(leader.served(), [1, 2])
})

test('once all have spoken, who says more than has arrived is believed in what has', async () => {
  await using leader = await TakingOver.after({ alpha: [1], beta: [2, 4] })
  leader.readAll()
  leader.says('alpha', [1])
  leader.says('beta', [2, 4])
  await leader.clock.pass(300)
  leader.beats('beta', 5)
  leader.state.hear(exampleGone(exampleStamp('beta', 2), exampleId(4)), cause)
  await leader.clock.pass(300)
  assert.deepEqual(leader.served(), [1, 2], 'what has been heard once can only be taken back')
})

test('who has told of itself, and says more than has arrived, has not been heard', async () => {
  await using leader = await TakingOver.after({ alpha: [1], beta: [2, 4] })
  leader.readAll()
  leader.says('alpha', [1])
  leader.state.hear(exampleSnapshot(exampleStamp('beta', 1), [web(2)]), cause)
  leader.beats('beta', 2)
  await leader.clock.pass(300)
  assert.deepEqual(leader.served(), [1, 2, 4])
  leader.state.hear(exampleSeen(exampleStamp('beta', 2), web(4)), cause)
  await leader.clock.pass(300)
  assert.deepEqual(leader.served(), [1, 2, 4])
})

test('an agent that never comes is waited for until the master has settled, and no longer', async () => {
  await using leader = await TakingOver.after({ alpha: [1], beta: [2] })
  leader.readAll()
  leader.says('alpha', [1])
  await leader.clock.pass(14_000)
  assert.deepEqual(leader.served(), [1, 2])
  leader.settle()
  await leader.clock.pass(1_000)
  assert.deepEqual(leader.served(), [1])
})

test('an agent that beats and has not told what it has is waited for beyond that', async () => {
  await using leader = await TakingOver.after({ alpha: [1], beta: [2] })
  leader.readAll()
  leader.says('alpha', [1])
  leader.beats('beta', 7)
  leader.settle()
  await leader.clock.pass(30_000)
  assert.deepEqual(leader.served(), [1, 2])
  leader.state.hear(exampleSnapshot(exampleStamp('beta', 8), [web(5)]), cause)
  await leader.clock.pass(1_000)
  assert.deepEqual(leader.served(), [1, 5], 'its word counts as soon as it comes')
})

test('an agent that beats and never tells what it has is waited for a minute', async () => {
  await using leader = await TakingOver.after({ alpha: [1], beta: [2] })
  leader.readAll()
  leader.says('alpha', [1])
  leader.beats('beta', 7)
  leader.settle()
  await settled()
  await leader.clock.pass(59_000)
  assert.deepEqual(leader.served(), [1, 2])
  await leader.clock.pass(2_000)
  assert.deepEqual(leader.served(), [1])
})

test('a hole in what an agent said takes nothing away, as long as it may still be filled', async () => {
  await using leader = await TakingOver.after({ alpha: [1], beta: [2, 4] })
  leader.readAll()
  leader.says('alpha', [1])
  // What was said second, that 4 is there, is missing.
  leader.state.hear(exampleSnapshot(exampleStamp('beta', 1), [web(2)]), cause)
  leader.state.hear(exampleSeen(exampleStamp('beta', 3), web(5)), cause)
  leader.beats('beta', 3)
  leader.settle()
  await leader.clock.pass(1_000)
  assert.deepEqual(leader.served(), [1, 2, 4, 5])
  leader.state.hear(exampleSnapshot(exampleStamp('beta', 4), [web(2), web(4)]), cause)
  await leader.clock.pass(1_000)
  assert.deepEqual(leader.served(), [1, 2, 4])
})

test('who is long there and has heard all writes at once what it knows', async () => {
  await using leader = await TakingOver.after({ alpha: [1], beta: [2] })
  leader.settle()
  leader.says('alpha', [1])
  leader.beats('alpha', 1)
  leader.readAll()
  await settled()
  assert.deepEqual(leader.served(), [1], 'beta has been silent for as long as this master knows')
})

test('what somebody drains is taken out, whether its host has spoken or not', async () => {
  await using leader = await TakingOver.after({ alpha: [1], beta: [2] })
  leader.readAll()
  leader.says('alpha', [1])
  const { host } = exampleStamp('beta', 1)
  const drain = {
    kind: 'drain',
    host,
    container: exampleId(2),
    by: 'me',
    why: '',
    since: '',
  } as const
  leader.state.hear({ kind: 'decision', key: drainKey(drain), decision: drain })
  await leader.clock.pass(300)
  assert.deepEqual(leader.served(), [1])
})

test('an edge whose head cannot be read keeps what it has until the master has settled', async () => {
  await using leader = await TakingOver.after({ alpha: [1], beta: [2] })
  leader.state.setDesired(edge, undefined)
  leader.readAll()
  leader.says('alpha', [1])
  await leader.clock.pass(14_000)
  assert.equal(leader.writes, 0)
  leader.settle()
  await leader.clock.pass(1_000)
  assert.deepEqual(leader.served(), [1])
})
