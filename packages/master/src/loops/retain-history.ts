import type { Clock } from '@roadstead/shared/kernel/clock.ts'
import type { Log } from '@roadstead/shared/kernel/log.ts'
import type { PastCursor } from '@roadstead/shared/protocol/past.ts'
import type { HistoryDesk } from './history-desk.ts'

/** Where a sweep stands; only the log knows what it means. */
interface Sweep {
  readonly horizonMs: number
  readonly from: PastCursor
  readonly forgotten: number
}

export interface RetainHistoryDeps {
  readonly history: {
    retain(call: {
      readonly wanted: { readonly horizonMs: number; readonly bytesMax: number }
      readonly sweep?: Sweep
    }): Promise<
      | {
          readonly did: 'retain'
          readonly retained: { readonly forgotten: number; readonly next?: Sweep }
          readonly bytes: number
          readonly beginsMs: number
        }
      | { readonly did: 'fail'; readonly why: string }
    >
  }
  readonly desk: Pick<HistoryDesk, 'status'>
  readonly keepMs: number
  readonly bytesMax: number
  readonly clock: Clock
  readonly log: Log
}

/** Forgets what is too old, or too much, in steps between which changes are written. */
export async function retainHistory(deps: RetainHistoryDeps, signal: AbortSignal): Promise<void> {
  const { clock } = deps
  await clock.sleep(FIRST_MS, signal)
  while (!signal.aborted) {
    await sweep(deps, signal)
    await clock.sleep(EVERY_MS, signal)
  }
}

/** Whoever starts has other things to do. */
const FIRST_MS = 10_000
const EVERY_MS = 10 * 60_000
const PAUSE_MS = 50

async function sweep(deps: RetainHistoryDeps, signal: AbortSignal): Promise<void> {
  const { bytesMax, clock, desk, history, keepMs, log } = deps
  let forgotten = 0
  let at: Sweep | undefined
  while (!signal.aborted && desk.status.state === 'written') {
    const wanted = { horizonMs: clock.wallMs() - keepMs, bytesMax }
    const step = await history.retain({ wanted, ...(at !== undefined && { sweep: at }) })
    if (step.did === 'fail') return log.warn({ why: step.why }, 'old changes not forgotten')
    forgotten += step.retained.forgotten
    desk.status = { ...desk.status, bytes: step.bytes, beginsMs: step.beginsMs }
    at = step.retained.next
    if (at === undefined) break
    await clock.sleep(PAUSE_MS, signal)
  }
  if (forgotten > 0) log.info({ forgotten }, 'old changes forgotten')
}
