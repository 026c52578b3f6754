import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sha256 } from '@roadstead/bus/sha256.ts'
import type { Heartbeat } from '@roadstead/shared/protocol/heartbeat.ts'
import { exampleContainer, exampleSeen, exampleSnapshot, exampleStamp } from '../examples.ts'
import { foldAll } from '../graph/fold.ts'
import { emptyGraph } from '../graph/graph.ts'
import { StateHashes } from '../graph/state-hashes.ts'
import { hear, type Heard } from './hearing.ts'
import { emptyResyncMemory, planResync } from './resync.ts'

const alpha = exampleStamp('alpha', 1).host
const quiet = new Map()

function beatOf(seq: number, stateHash: string): Heartbeat {
  return {
    v: 1,
    stamp: exampleStamp('alpha', seq),
    stateHash,
    engine: 'answering',
    engineSince: '',
    spooled: 0,
    nonce: '0'.repeat(32),
    sentAtMs: 0,
    stopping: false,
  }
}

test('a gap is given a second to close by itself, and is asked about every 10 s', () => {
  const seen = exampleSeen(exampleStamp('alpha', 3), exampleContainer(1))
  const { graph } = foldAll(emptyGraph, [exampleSnapshot(exampleStamp('alpha', 1), []), seen])
  const asked: number[] = []
  let memory = emptyResyncMemory
  for (let nowMs = 0; nowMs <= 21_500; nowMs += 500) {
    const step = planResync(graph, quiet, nowMs, memory)
    if (step.ask.length > 0) asked.push(nowMs)
    memory = step.memory
  }
  assert.deepEqual(asked, [1_000, 11_000, 21_000])
})

test('a whole fleet with gaps is asked a few at a time', () => {
  const seen = Array.from({ length: 50 }, (_, index) =>
    exampleSeen(exampleStamp(`h${index}`, 1), exampleContainer(1)),
  )
  const { graph } = foldAll(emptyGraph, seen)
  const first = planResync(graph, quiet, 0, emptyResyncMemory)
  const second = planResync(graph, quiet, 1_000, first.memory)
  const third = planResync(graph, quiet, 1_500, second.memory)
  const fourth = planResync(graph, quiet, 2_000, third.memory)
  assert.deepEqual(
    [first, second, third, fourth].map(({ ask }) => ask.length),
    [0, 20, 0, 20],
  )
})

test('a host that says three times, with time between, that it is different is asked', () => {
  const { graph } = foldAll(emptyGraph, [exampleSnapshot(exampleStamp('alpha', 1), [])])
  const hashes = new StateHashes(sha256)
  let heard: Heard | undefined
  const asks: number[] = []
  // A new link says it twice at once, and what it speaks of may be on its way.
  for (const monoMs of [0, 5, 10, 15, 5_000, 5_005, 10_000]) {
    heard = hear(heard, beatOf(1, 'feedfeedfeedfeed'), { monoMs, wallMs: 0 }, graph, hashes)
    asks.push(planResync(graph, new Map([[alpha, heard]]), 0, emptyResyncMemory).ask.length)
  }
  assert.deepEqual(asks, [0, 0, 0, 0, 0, 0, 1])
})

test('a host that agrees, or has said more since, is left alone', () => {
  const { graph } = foldAll(emptyGraph, [
    exampleSnapshot(exampleStamp('alpha', 2), [exampleContainer(1)]),
  ])
  const hashes = new StateHashes(sha256)
  const node = graph.hosts.get(alpha)
  assert.ok(node !== undefined)
  const now = { monoMs: 0, wallMs: 0 }
  assert.equal(hear(undefined, beatOf(2, hashes.of(node)), now, graph, hashes).disagreements, 0)
  assert.equal(hear(undefined, beatOf(1, 'feedfeedfeedfeed'), now, graph, hashes).disagreements, 0)
  assert.equal(hear(undefined, beatOf(3, 'feedfeedfeedfeed'), now, graph, hashes).disagreements, 1)
})
