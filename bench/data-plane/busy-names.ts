/**
 * What it costs, with requests under way at thousands of addresses, to ask nginx what is under way: at ten
 * of them as an edge does while something leaves, and at all of them as it does when it does not know who.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { at } from '../../test/rig/at.ts'
import { eventually } from '../../test/rig/eventually.ts'
import { freePorts } from '../../test/rig/free-ports.ts'
import { Process } from '../../test/rig/process.ts'
import type { RunFolder } from '../../test/rig/run-folder.ts'
import { type BenchResult, percentiles, summarise } from '../bench.ts'
import { nameOf, OwnNginx, serviceOf } from './own-nginx.ts'
import { Visitors } from './visitors.ts'

/** Each takes two of the 8,192 connections of a worker. */
const REQUESTS = 6_000
const NAMED = 10
/** As an edge asks. */
const EVERY_MS = 50
const ASKS_A_ROUND = 30
const ROUNDS = 3
const CROWD = 'crowd.bench.test'
const STEADY = 'steady.bench.test'
const PROGRAM = fileURLToPath(new URL('crowd-process.ts', import.meta.url))

export async function busyNames(
  folder: RunFolder,
  addresses: readonly string[],
): Promise<BenchResult> {
  await using own = await OwnNginx.start(folder, 'busy', 'live')
  const port = at(await freePorts(1), 0)
  const names = Array.from(
    { length: REQUESTS },
    (_, nth) => `127.2.${nth >> 8}.${nth & 255}:${port}`,
  )
  const entries = [
    [`s:${serviceOf(1)}`, names.join(' ')],
    [`d:${CROWD}`, `^ / ${serviceOf(1)}`],
    [`s:${serviceOf(2)}`, addresses.join(' ')],
    [`d:${STEADY}`, `^ / ${serviceOf(2)}`],
  ] as const
  await own.fill(new Map(entries), nameOf(1))
  const args = [PROGRAM, String(port), String(own.port), CROWD, String(REQUESTS)] as const
  await using crowd = Process.start({ name: 'crowd', command: [process.execPath, ...args] }, folder)
  await eventually('all are under way', () => crowd.lines().includes('ready'), {
    withinMs: 20_000,
  })
  const visitors = await Visitors.of(folder, 'busy-visitors', own.port, STEADY)
  const few = new Set(names.slice(0, NAMED))
  const [tenMs, allMs]: [number[], number[]] = [[], []]
  for (let round = 0; round < ROUNDS; round += 1) {
    await visitors.during('nobodyAsks', () => sleep(ASKS_A_ROUND * EVERY_MS))
    await visitors.during('tenAsked', () => asks(few, tenMs))
    await visitors.during('allAsked', () => asks(undefined, allMs))
  }
  const busy = (await own.live.inFlight(undefined))?.size
  return summarise(`data-plane: what is under way at ${NAMED} of ${busy} busy addresses`, tenMs, {
    requests: REQUESTS,
    atAll: percentiles(allMs),
    visitors: await visitors.figures(),
  })

  async function asks(which: ReadonlySet<string> | undefined, taken: number[]): Promise<void> {
    for (let ask = 0; ask < ASKS_A_ROUND; ask += 1) {
      const beganMs = performance.now()
      const told = await own.live.inFlight(which)
      if (told === undefined) throw new Error('nginx does not know what is under way')
      taken.push(performance.now() - beganMs)
      await sleep(EVERY_MS)
    }
  }
}
