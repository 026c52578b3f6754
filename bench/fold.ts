import process from 'node:process'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { sha256 } from '@roadstead/bus/sha256.ts'
import { exampleSeen, exampleStamp } from '@roadstead/master/core/examples.ts'
import { fold, foldAll } from '@roadstead/master/core/graph/fold.ts'
import { emptyGraph, type Graph } from '@roadstead/master/core/graph/graph.ts'
import { startDerive } from '@roadstead/master/core/routes/derive-change.ts'
import { defaultPolicy } from '@roadstead/master/core/routes/policy.ts'
import { type BenchOptions, type BenchResult, summarise } from './bench.ts'
import { CONTAINERS_PER_HOST, containerOf, HOSTS, hostOf, snapshotOf } from './fleet.ts'

/** Heap is counted after a full collection; a context made after the flag is set has it. */
setFlagsFromString('--expose-gc')
const collectGarbage: unknown = runInNewContext('gc')

/**
 * `fold`: one statement folded into the graph of the whole fleet; beside it, what a master costs that
 * starts from the snapshots of all hosts, in time and in memory.
 */
export function run({ samples: wanted = 5_000 }: BenchOptions): Promise<readonly BenchResult[]> {
  const before = heapBytes()
  const { graph: started, coldMs } = start()
  const graphBytes = heapBytes() - before
  const beganMs = performance.now()
  const { derived } = startDerive(started, { policy: defaultPolicy, digest: sha256 })
  const deriveMs = performance.now() - beganMs
  const allBytes = heapBytes() - before

  const samples: number[] = []
  let graph = started
  for (let index = 0; index < wanted; index += 1) {
    const host = (index * 7_919) % HOSTS
    const seq = (graph.hosts.get(exampleStamp(hostOf(host), 1).host)?.stamp.seq ?? 0) + 1
    const number = (index % CONTAINERS_PER_HOST) * HOSTS + host
    const container = containerOf(number, { restartCount: index })
    const observation = exampleSeen(exampleStamp(hostOf(host), seq), container)
    const start = performance.now()
    graph = fold(graph, observation).graph
    samples.push(performance.now() - start)
  }
  const containers = HOSTS * CONTAINERS_PER_HOST
  const result = summarise('fold', samples, {
    hosts: HOSTS,
    containers,
    services: derived.table.services.size,
    coldFoldMs: Math.round(coldMs),
    coldDeriveMs: Math.round(deriveMs),
    graphBytesPerContainer: Math.round(graphBytes / containers),
    graphAndTableBytesPerContainer: Math.round(allBytes / containers),

    rssMiB: Math.round(process.memoryUsage.rss() / 2 ** 20),
  })
  return Promise.resolve([result])
}

/** Snapshots are made one by one, as they arrive, so that their making is not counted. */
function start(): { readonly graph: Graph; readonly coldMs: number } {
  let graph = emptyGraph
  let coldMs = 0
  for (let host = 0; host < HOSTS; host += BATCH) {
    const snapshots = Array.from({ length: BATCH }, (_, index) => snapshotOf(host + index))
    const began = performance.now()
    graph = foldAll(graph, snapshots).graph
    coldMs += performance.now() - began
  }
  return { graph, coldMs }
}

/** As many snapshots as a master reads before it folds. */
const BATCH = 20

function heapBytes(): number {
  if (typeof collectGarbage === 'function') collectGarbage()
  return process.memoryUsage().heapUsed
}
