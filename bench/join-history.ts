import { performance } from 'node:perf_hooks'
import { connectMasterBus } from '@roadstead/bus/nats/master-bus.ts'
import { sha256 as digest } from '@roadstead/bus/sha256.ts'
import { systemClock as clock } from '@roadstead/shared/kernel/clock.ts'
import { MasterId } from '@roadstead/shared/kernel/ids.ts'
import { silentLog as log } from '@roadstead/shared/kernel/log.ts'
import { systemRandom as random } from '@roadstead/shared/kernel/random.ts'
import { emptyGraph } from '@roadstead/master/core/graph/graph.ts'
import { type History, threadedHistory } from '@roadstead/master/io/history/history.ts'
import { exchangeHistory } from '@roadstead/master/loops/exchange-history.ts'
import { HistoryDesk } from '@roadstead/master/loops/history-desk.ts'
import { serveHistory } from '@roadstead/master/loops/serve-history.ts'
import { eventually } from '../test/rig/eventually.ts'
import { NatsRig } from '../test/rig/nats.ts'
import { type BenchResult, summarise } from './bench.ts'

const [OLD, NEW] = [MasterId.parse('m-old'), MasterId.parse('m-new')]
/** Nothing is too old, and nothing too much. */
const KEPT = { keepMs: 1e14, bytesMax: 2 ** 40 }
const WITHIN_MS = 120_000

/**
 * A master joins whose log is empty, and fetches all that another one has over a real nats-server. Both
 * are in this process: what is measured is what the threads that route spend on it together, in
 * microseconds for a row, beside how long it takes and what the comparison of equal logs costs later.
 */
export async function joinHistory(full: History, file: string, rows: number): Promise<BenchResult> {
  const users = [OLD, NEW].map((id) => ({ role: 'master', id }) as const)
  await using rig = await NatsRig.start({ users })
  await using empty = threadedHistory(file, 'joined')
  await empty.open({ nowMs: clock.wallMs() })
  const shared = { site: rig.site, clock, random, log }
  await using old = connectMasterBus({ ...shared, ...rig.user('master', OLD), id: OLD })
  await using joining = connectMasterBus({ ...shared, ...rig.user('master', NEW), id: NEW })
  const areConnected = (): boolean => old.link.connected() && joining.link.connected()
  await eventually('both are connected', areConnected, { withinMs: 10_000 })

  const stop = new AbortController()
  const common = { ...KEPT, desk: writtenDesk(), clock, log }
  const costs: number[] = []
  let [fetched, before, beganMs] = [0, performance.eventLoopUtilization(), performance.now()]
  const count = (_key: string, _labels: unknown, by: number): void => {
    const { active } = performance.eventLoopUtilization(before)
    before = performance.eventLoopUtilization()
    if (by === 0) beganMs = fetched === 0 ? performance.now() : beganMs
    else costs.push((active * 1_000) / by)
    fetched += by
  }
  const running = [
    serveHistory({ ...common, self: OLD, bus: old, history: full }, stop.signal),
    exchangeHistory({ ...common, self: NEW, bus: joining, history: empty, count }, stop.signal),
  ]
  await eventually('it has all', () => fetched >= rows, { withinMs: WITHIN_MS })
  const seconds = Math.round(performance.now() - beganMs) / 1_000
  stop.abort()
  await Promise.all(running)
  const extra = { fetched, seconds, sumsMs: await sumsMs(full) }
  return summarise('history-join', costs, extra, 'µs')
}

function writtenDesk(): HistoryDesk {
  const known = () => emptyGraph
  const desk = new HistoryDesk({ digest, nowMs: () => 0, known, onLost: () => undefined })
  desk.status = { state: 'written' }
  return desk
}

/** What one question over everything costs the thread of the log that is asked. */
async function sumsMs(full: History): Promise<number> {
  const span = { of: 'changes', fromMs: 0, toMs: 1_000_000, horizonMs: 0 } as const
  const told = { ask: { kind: 'sums', span, pieces: 32 }, self: OLD, horizonMs: 0 } as const
  const start = performance.now()
  const { did } = await full.tell({ told })
  if (did === 'fail') throw new Error('the log could not be read')
  return Math.round((performance.now() - start) * 10) / 10
}
