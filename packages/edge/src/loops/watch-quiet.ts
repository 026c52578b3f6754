import type { Clock } from '@roadstead/shared/kernel/clock.ts'
import type { LiveTable } from '../core/live/live-table.ts'
import type { EdgeState } from '../core/edge-state.ts'
import {
  askedFor,
  busyOf,
  leavingStreams,
  look,
  mayBeBusy,
  nextLookMs,
  type Seen,
} from '../core/quiet.ts'

/** How soon the end of the last request of a container is noticed; each look is one small answer. */
const BUSY_POLL_MS = 50
/** The same where processes and their connections are read, which costs milliseconds. */
const CONNECTIONS_POLL_MS = 100
/** Later than this after a reload, workers of different age are one that died and its successor. */
const RELOAD_MS_MAX = 2_000

export interface WatchQuietDeps {
  readonly nginx: {
    running(): boolean
    /** Undefined while it is not known. */
    leftovers(): Promise<
      | {
          readonly connections: ReadonlyMap<string, number>
          readonly isAccepting: boolean
        }
      | undefined
    >
    /** Of workers whose master is gone: nobody else tells what they have under way. */
    orphanConnections(): Promise<ReadonlyMap<string, number>>
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
  const pollMs = live === undefined ? CONNECTIONS_POLL_MS : BUSY_POLL_MS
  let isKnown = true
  while (!signal.aborted) {
    const waitMs = isKnown ? waitFor(state, clock.monoMs(), pollMs) : pollMs
    using _timer =
      waitMs === undefined ? undefined : clock.after(waitMs, () => state.quietBell.ring())
    await state.quietBell.rung(signal)
    if (signal.aborted) return
    const askedMs = clock.monoMs()
    const seen = mayBeBusy(state.quietBook) ? await see(deps) : nothingSeen
    isKnown = seen !== undefined
    if (seen !== undefined) learn(deps, seen, askedMs)
  }
}

function learn({ state }: WatchQuietDeps, seen: Seen, askedMs: number): void {
  const before = state.quietBook
  state.quietBook = look(before, seen, state.inForce?.table, askedMs)
  const isNews = before.quiet !== state.quietBook.quiet || told(before) !== told(state.quietBook)
  if (isNews) state.reportBell.ring()
}

function told(book: EdgeState['quietBook']): string {
  return JSON.stringify(busyOf(book))
}

function waitFor({ quietBook }: EdgeState, nowMs: number, pollMs: number): number | undefined {
  const atMs = nextLookMs(quietBook, nowMs, pollMs)
  return atMs === undefined ? undefined : Math.max(1, atMs - nowMs)
}

/** Undefined when it is not known, and then nothing becomes quiet. */
async function see({ nginx, live, state, clock }: WatchQuietDeps): Promise<Seen | undefined> {
  // It is being started again, with what is on the disk.
  if (!nginx.running()) return undefined
  if (live !== undefined) {
    const asked = askedFor(state.quietBook)
    const [inFlight, orphans] = await Promise.all([live.inFlight(asked), nginx.orphanConnections()])
    if (inFlight === undefined) return undefined
    const requests = new Map([...inFlight, ...(await seeStreams(nginx, state))])
    for (const [peer, count] of orphans) requests.set(peer, (requests.get(peer) ?? 0) + count)
    return { requests, counts: 'requests' }
  }
  const leftovers = await nginx.leftovers()
  if (leftovers === undefined) return undefined
  const { connections, isAccepting } = leftovers
  const sinceReloadMs = clock.monoMs() - (state.lastReload?.signalledMs ?? -Infinity)
  return isAccepting && sinceReloadMs < RELOAD_MS_MAX
    ? undefined
    : { requests: connections, counts: 'connections' }
}

/** Replaced workers alone still lead to them. */
async function seeStreams(
  nginx: WatchQuietDeps['nginx'],
  { quietBook }: EdgeState,
): Promise<readonly (readonly [string, number])[]> {
  const peers = leavingStreams(quietBook)
  if (peers.size === 0) return []
  const { connections = new Map<string, number>() } = (await nginx.leftovers()) ?? {}
  return [...connections].filter(([peer]) => peers.has(peer))
}
