import type { Clock } from '@roadstead/shared/kernel/clock.ts'
import type { LiveTable } from '../core/live/live-table.ts'
import type { EdgeState } from '../core/edge-state.ts'
import { busyOf, look, quietAtMs, type Seen } from '../core/quiet.ts'

/** How soon the end of the last request of a container is noticed; each look is one small answer. */
const BUSY_POLL_MS = 50
/** The same where processes and their connections are read, which costs milliseconds. */
const CONNECTIONS_POLL_MS = 100
/** Later than this after a reload, workers of different age are one that died and its successor. */
const RELOAD_MS_MAX = 2_000

export interface WatchQuietDeps {
  readonly nginx: {
    running(): boolean
    leftovers(): Promise<{
      readonly connections: ReadonlyMap<string, number>
      readonly isAccepting: boolean
    }>
  }
  /** Undefined in the reload tier. */
  readonly live: Pick<LiveTable, 'inFlight'> | undefined
  readonly state: EdgeState
  readonly clock: Clock
}

const nothingSeen: Seen = { requests: new Map(), counts: 'requests' }

/**
 * Finds out when nothing of an older table is in use any more, and tells the masters at once. While
 * no endpoint has left, nginx is not asked.
 */
export async function watchQuiet(deps: WatchQuietDeps, signal: AbortSignal): Promise<void> {
  const { state, clock, live } = deps
  while (!signal.aborted) {
    const waitMs = nextLookMs(state, clock.monoMs(), live === undefined)
    using _timer =
      waitMs === undefined ? undefined : clock.after(waitMs, () => state.quietBell.ring())
    await state.quietBell.rung(signal)
    if (signal.aborted) return
    const seen = state.quietBook.leaving.size === 0 ? nothingSeen : await see(deps)
    if (seen !== undefined) learn(deps, seen)
  }
}

function learn({ state, clock }: WatchQuietDeps, seen: Seen): void {
  const before = state.quietBook
  state.quietBook = look(before, seen, state.inForce?.table, clock.monoMs())
  const isNews = before.quiet !== state.quietBook.quiet || told(before) !== told(state.quietBook)
  if (isNews) state.reportBell.ring()
}

function told(book: EdgeState['quietBook']): string {
  return JSON.stringify(busyOf(book))
}

function nextLookMs(state: EdgeState, nowMs: number, isReload: boolean): number | undefined {
  const quietMs = quietAtMs(state.quietBook)
  const pollMs = isReload ? CONNECTIONS_POLL_MS : BUSY_POLL_MS
  const pollAtMs = state.quietBook.leaving.size === 0 ? undefined : nowMs + pollMs
  const atMs = Math.min(quietMs ?? Infinity, pollAtMs ?? Infinity)
  return Number.isFinite(atMs) ? Math.max(1, atMs - nowMs) : undefined
}

/** Undefined when it is not known, and then nothing becomes quiet. */
async function see({ nginx, live, state, clock }: WatchQuietDeps): Promise<Seen | undefined> {
  if (!nginx.running()) return nothingSeen
  if (live !== undefined) {
    const requests = await live.inFlight()
    return requests === undefined ? undefined : { requests, counts: 'requests' }
  }
  const { connections, isAccepting } = await nginx.leftovers()
  const sinceReloadMs = clock.monoMs() - (state.lastReload?.signalledMs ?? -Infinity)
  return isAccepting && sinceReloadMs < RELOAD_MS_MAX
    ? undefined
    : { requests: connections, counts: 'connections' }
}
