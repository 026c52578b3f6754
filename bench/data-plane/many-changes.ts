/** A hundred thousand changes, one at a time: how long each takes, and what memory is worth afterwards. */
import type { RunFolder } from '../../test/rig/run-folder.ts'
import type { LiveStep } from '@roadstead/edge/core/live/live-table.ts'
import { type BenchResult, summarise } from '../bench.ts'
import { memoryMib, nameOf, OwnNginx, plainEntries, serviceOf } from './own-nginx.ts'

const CHANGES = 100_000
const DOMAINS = 1_000
const LOOKS = 5

export async function manyChanges(
  folder: RunFolder,
  addresses: readonly string[],
  count = CHANGES,
): Promise<BenchResult> {
  await using own = await OwnNginx.start(folder, 'changes', 'live')
  await own.fill(plainEntries(DOMAINS, addresses), nameOf(1))
  const spans: number[] = []
  const workersMib: number[] = []
  const heapMib: number[] = []
  const look = (): void => {
    workersMib.push(memoryMib(own.workers))
    heapMib.push(Math.round(process.memoryUsage().heapUsed / 2 ** 20))
  }
  for (let at = 0; at < count; at += 1) {
    if (at % (count / LOOKS) === 0) look()
    const beganMs = performance.now()
    const pushed = await own.live.push(stepsOf(at, addresses), nameOf(at + 1), nameOf(at + 2))
    spans.push(performance.now() - beganMs)
    if (pushed.kind !== 'pushed') throw new Error(`change ${at}: ${JSON.stringify(pushed)}`)
  }
  look()
  return summarise(`data-plane: one of ${count} changes`, spans, { workersMib, heapMib })
}

/** Endpoints come and go; now and then a domain that was never there before comes, and goes again. */
function stepsOf(at: number, addresses: readonly string[]): LiveStep[] {
  const endpoints = addresses.slice(0, 1 + (at % addresses.length)).join(' ')
  const usual = { kind: 'set', key: `s:${serviceOf(at % DOMAINS)}`, value: endpoints } as const
  const added = `new-${at - (at % 4)}.bench.test`
  if (at % 4 === 1) {
    return [usual, { kind: 'set', key: `d:${added}`, value: `^ / ${serviceOf(at % DOMAINS)}` }]
  }
  return at % 4 === 3 ? [usual, { kind: 'delete', key: `d:${added}` }] : [usual]
}
