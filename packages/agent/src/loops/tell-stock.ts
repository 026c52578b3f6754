import type { Stored } from '@roadstead/bus/ports.ts'
import { backoff } from '@roadstead/shared/kernel/backoff.ts'
import type { Clock } from '@roadstead/shared/kernel/clock.ts'
import type { SiteId } from '@roadstead/shared/kernel/ids.ts'
import type { Log } from '@roadstead/shared/kernel/log.ts'
import { jitter, type Random } from '@roadstead/shared/kernel/random.ts'
import { TokenBucket } from '@roadstead/shared/kernel/token-bucket.ts'
import type { StockSlice } from '@roadstead/shared/protocol/stock.ts'
import type { AgentState } from '../state.ts'

/**
 * A change is told at once, all of a host takes seven seconds: nobody waits for it, and a fleet that
 * comes back together must not fill the bus with it.
 */
const PACE = { burst: 4, everyMs: 250 }
const RETRY = { firstMs: 500, maxMs: 30_000 }
const LOOK_AGAIN_MS = 1_000
/** The stream keeps a word for thirty days. */
const TELL_ALL_EVERY_MS = 24 * 3_600_000
const TELL_ALL_JITTER = 0.2

export interface TellStockDeps {
  readonly bus: {
    readonly link: { connected(): boolean; onChange(listener: () => void): Disposable }
    publishStock(slice: StockSlice): Promise<Stored>
  }
  readonly state: Pick<AgentState, 'stock'>
  readonly snapshots: { readonly isTold: boolean }
  readonly site: SiteId
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
}

/**
 * Brings what the book has to tell onto the bus, one slice at a time, and never before the snapshot of
 * the containers on the same link. After each new link all of it goes again.
 */
export async function tellStock(deps: TellStockDeps, signal: AbortSignal): Promise<void> {
  const { bus, clock, random, snapshots, state } = deps
  const { book, changed } = state.stock
  const pace = new TokenBucket(PACE, clock.monoMs())
  const retry = backoff(RETRY, random)
  using _link = bus.link.onChange(() => {
    book.tellAgain()
    changed.ring()
  })
  using _daily = everyDay(deps, () => {
    book.tellAgain()
    changed.ring()
  })
  while (!signal.aborted) {
    const mayTell = bus.link.connected() && snapshots.isTold && book.waiting > 0
    if (!mayTell) {
      using _again = clock.after(LOOK_AGAIN_MS, () => changed.ring())
      await changed.rung(signal)
      continue
    }
    await clock.sleep(pace.waitMs(clock.monoMs()), signal)
    pace.take()
    if (signal.aborted) return
    if (await tellOne(deps)) retry.reset()
    else await clock.sleep(retry.nextMs(), signal)
  }
}

/** False when nobody knows whether it arrived: then it waits on. */
async function tellOne({ bus, log, site, state }: TellStockDeps): Promise<boolean> {
  const { book } = state.stock
  const slice = book.next(site)
  if (slice === undefined) return true
  const stored = await bus.publishStock(slice)
  if (stored.kind === 'stored') {
    book.settle(slice)
    return true
  }
  const { of, slice: number } = slice
  log.debug({ of, slice: number, error: stored.error }, 'stock not stored, trying again')
  book.postpone(slice)
  return false
}

function everyDay({ clock, random }: TellStockDeps, task: () => void): Disposable {
  let timer = next()
  function next(): Disposable {
    return clock.after(jitter(TELL_ALL_EVERY_MS, TELL_ALL_JITTER, random), () => {
      task()
      timer = next()
    })
  }
  return { [Symbol.dispose]: () => timer[Symbol.dispose]() }
}
