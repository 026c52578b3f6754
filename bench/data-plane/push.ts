/**
 * 10,000 domains with 5 endpoints each are pushed at once, while visitors of another domain measure how
 * long anybody was kept waiting; beside it, the same visitors while nothing is pushed.
 */
import { fileURLToPath } from 'node:url'
import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'
import { eventually } from '../../test/rig/eventually.ts'
import { Process } from '../../test/rig/process.ts'
import type { RunFolder } from '../../test/rig/run-folder.ts'
import { type BenchResult, percentiles, summarise } from '../bench.ts'
import { memoryMib, nameOf, OwnNginx, plainEntries, serviceOf } from './own-nginx.ts'

const DOMAINS = 10_000
const ENDPOINTS = 5
const PUSHES = 15
const GAP_MS = 200
const VISITORS = 2
const STEADY = 'steady.bench.test'
const PROGRAM = fileURLToPath(new URL('visitor-process.ts', import.meta.url))

export async function pushMany(
  folder: RunFolder,
  addresses: readonly string[],
): Promise<BenchResult> {
  await using own = await OwnNginx.start(folder, 'push', 'live')
  const steady = [
    [`s:${serviceOf(999_999)}`, addresses.join(' ')],
    [`d:${STEADY}`, `^ / ${serviceOf(999_999)}`],
  ] as const
  const small = new Map<string, string>(steady)
  const large = new Map([...plainEntries(DOMAINS, addresses.slice(0, ENDPOINTS)), ...steady])
  await own.fill(small, nameOf(1))
  const quiet = await visited(folder, own.port, () => sleep(PUSHES * GAP_MS))
  const spans: number[] = []
  const during = await visited(folder, own.port, async () => {
    for (let push = 0; push < PUSHES; push += 1) {
      const beganMs = performance.now()
      await own.fill(large, nameOf(2 + push))
      spans.push(performance.now() - beganMs)
      await sleep(GAP_MS)
    }
  })
  const memory = memoryMib(own.workers)
  const alone: number[] = []
  for (let push = 0; push < PUSHES; push += 1) {
    await own.fill(small, nameOf(100 + push))
    const beganMs = performance.now()
    await own.fill(large, nameOf(200 + push))
    alone.push(performance.now() - beganMs)
  }
  return summarise(`data-plane: push of ${DOMAINS} domains × ${ENDPOINTS} endpoints`, alone, {
    whileVisited: percentiles(spans),
    visitors: { during, withoutPush: quiet },
    workersMib: memory,
  })
}

const Visited = z.object({
  requests: z.number(),
  failed: z.number(),
  p50: z.number(),
  p99: z.number(),
  p999: z.number(),
  slowestMs: z.number(),
  over5Ms: z.number(),
})

/** What visitors in a process of their own met meanwhile. */
async function visited(folder: RunFolder, port: number, during: () => Promise<void>) {
  const command = [process.execPath, PROGRAM, String(port), STEADY, String(VISITORS)] as const
  const visitors = Process.start({ name: 'visitors', command }, folder)
  await eventually('visitors are there', () => visitors.lines().includes('ready'), {
    withinMs: 5_000,
  })
  await sleep(GAP_MS)
  await during()
  await visitors.stop()
  await visitors.finished
  return Visited.parse(JSON.parse(visitors.lines().at(-1) ?? ''))
}
