import { mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { performance } from 'node:perf_hooks'
import { sha256 as digest } from '@roadstead/bus/sha256.ts'
import { systemClock as clock } from '@roadstead/shared/kernel/clock.ts'
import type { Observation } from '@roadstead/shared/protocol/observation.ts'
import { exampleStamp } from '@roadstead/master/core/examples.ts'
import { emptyGraph } from '@roadstead/master/core/graph/graph.ts'
import { type History, threadedHistory } from '@roadstead/master/io/history/history.ts'
import { HistoryDesk } from '@roadstead/master/loops/history-desk.ts'
import { type BenchOptions, type BenchResult, summarise } from './bench.ts'
import { CONTAINERS_PER_HOST, containerOf, HOSTS, hostOf } from './fleet.ts'
import { joinHistory } from './join-history.ts'

/** As many as the master hands over at a time. */
const BATCH = 32
const READS = 20

/**
 * `history`: what a change costs the thread that routes (a note, its words, and handing them over), in
 * microseconds; beside it, what the thread of the log makes of it, how large the log becomes, and how
 * long people wait for a page of it and for an answer about the past. Then another master fetches it all.
 */
export async function run({ samples = 100_000 }: BenchOptions): Promise<readonly BenchResult[]> {
  const folder = await mkdtemp(path.join(tmpdir(), 'roadstead-bench-'))
  const file = path.join(folder, 'history.db')
  try {
    await using history = threadedHistory(file, 'bench')
    await history.open({ nowMs: clock.wallMs() })
    const written = await write(history, samples)
    const { size } = await stat(file)
    const page = await timed(() => history.changes({ query: { limit: 500 } }))
    const name = 'shop-7-web-7'
    const one = await timed(() => history.changes({ query: { limit: 500, container: name } }))
    const moment = await timed(() => history.moment({ subject: name, atMs: samples }))
    const joined = await joinHistory(history, path.join(folder, 'joined.db'), samples)
    await history.close({ nowMs: clock.wallMs() })
    const extra = {
      ...written.extra,
      bytesPerChange: Math.round(size / samples),
      megabytesPer100k: Math.round((size / samples) * 0.1 * 10) / 10,
      pageMs: page,
      pageOfOneContainerMs: one,
      momentMs: moment,
    }
    return [summarise('history', written.samples, extra, 'µs'), joined]
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

async function write(history: History, samples: number) {
  const desk = new HistoryDesk({
    digest,
    nowMs: () => clock.wallMs(),
    known: () => emptyGraph,
    onLost: () => undefined,
  })
  const costs: number[] = []
  const began = performance.now()
  for (let at = 0; at < samples; at += BATCH) {
    const said = Array.from({ length: Math.min(BATCH, samples - at) }, (_, index) =>
      change(at + index),
    )
    const start = performance.now()
    for (const [index, each] of said.entries()) {
      desk.observed(each, { incarnation: 1, seq: at + index })
    }
    const writing = history.write({ notes: desk.take(BATCH), nowMs: 0 })
    costs.push(((performance.now() - start) * 1_000) / said.length)
    const answer = await writing
    if (answer.did === 'fail') throw new Error(answer.why)
  }
  const perSecond = Math.round((samples * 1_000) / (performance.now() - began))
  return { samples: costs, extra: { perBatchOf: BATCH, writtenPerSecond: perSecond } }
}

/** One container after the other starts again, all over the fleet. */
function change(number: number): Observation {
  const container = number % (HOSTS * CONTAINERS_PER_HOST)
  const stamp = exampleStamp(hostOf(container % HOSTS), number + 1)
  const cause = { action: 'start', timeNano: '1', seenAtMs: number }
  const looks = containerOf(container, { restartCount: number })
  return { kind: 'container-seen', stamp, container: looks, cause }
}

/** In milliseconds, the middle of many. */
async function timed(ask: () => Promise<{ readonly did: string }>): Promise<number> {
  const times: number[] = []
  for (let read = 0; read < READS; read += 1) {
    const start = performance.now()
    const { did } = await ask()
    if (did === 'fail') throw new Error('the log could not be read')
    times.push(performance.now() - start)
  }
  return Math.round((times.sort((a, b) => a - b)[READS >> 1] ?? 0) * 10) / 10
}
