/**
 * 10,000 domains with 5 endpoints each are pushed at once, while visitors of another domain measure how
 * long anybody was kept waiting. Whoever pushes works beside them on the same processors, so what counts is
 * the difference to visitors who meet the same pushes into another nginx.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import type { RunFolder } from '../../test/rig/run-folder.ts'
import { type BenchResult, percentiles, summarise } from '../bench.ts'
import { memoryMib, nameOf, OwnNginx, plainEntries, serviceOf } from './own-nginx.ts'
import { Visitors } from './visitors.ts'

const DOMAINS = 10_000
const ENDPOINTS = 5
const ROUNDS = 9
const PUSHES_A_ROUND = 6
/** Of a push and of the pause after it. */
const PUSH_MS = 40
const GAP_MS = 120
const ALONE = 20
/** By then the table before has given its memory back; a push that comes sooner waits for that. */
const CLEARED_MS = 1_300
const STEADY = 'steady.bench.test'

export async function pushMany(
  folder: RunFolder,
  addresses: readonly string[],
): Promise<BenchResult> {
  await using own = await OwnNginx.start(folder, 'push', 'live')
  await using other = await OwnNginx.start(folder, 'push-elsewhere', 'live')
  const steady = [
    [`s:${serviceOf(999_999)}`, addresses.join(' ')],
    [`d:${STEADY}`, `^ / ${serviceOf(999_999)}`],
  ] as const
  const large = new Map([...plainEntries(DOMAINS, addresses.slice(0, ENDPOINTS)), ...steady])
  let names = 0
  const spanOf = async (into: OwnNginx, entries: ReadonlyMap<string, string>): Promise<number> => {
    const beganMs = performance.now()
    await into.fill(entries, nameOf((names += 1)))
    return performance.now() - beganMs
  }
  for (const each of [own, other]) await spanOf(each, large)
  const spans: number[] = []
  const visitors = await Visitors.of(folder, 'push-visitors', own.port, STEADY)
  for (let round = 0; round < ROUNDS; round += 1) {
    await visitors.during('without', () => sleep(PUSHES_A_ROUND * (PUSH_MS + GAP_MS)))
    await visitors.during('elsewhere', () => pushes(other))
    await visitors.during('here', () => pushes(own, spans))
  }
  const figures = await visitors.figures()
  const workersMib = memoryMib(own.workers)
  const alone: number[] = []
  for (let push = 0; push < ALONE; push += 1) {
    await sleep(CLEARED_MS)
    alone.push(await spanOf(own, large))
  }
  return summarise(`data-plane: push of ${DOMAINS} domains × ${ENDPOINTS} endpoints`, alone, {
    oneAfterTheOther: percentiles(spans),
    visitors: figures,
    workersMib,
  })

  async function pushes(into: OwnNginx, taken: number[] = []): Promise<void> {
    for (let push = 0; push < PUSHES_A_ROUND; push += 1) {
      taken.push(await spanOf(into, large))
      await sleep(GAP_MS)
    }
  }
}
