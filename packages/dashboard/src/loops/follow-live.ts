import type { Clock } from '@roadstead/shared/kernel/clock.ts'
import type { Random } from '@roadstead/shared/kernel/random.ts'
import type { Bell } from '@roadstead/shared/kernel/bell.ts'
import type { ClientHello, LiveFrame } from '@roadstead/shared/protocol/live.ts'
import { backoff } from '@roadstead/shared/kernel/backoff.ts'
import { type Connection, disconnected } from '../core/connection.ts'
import { type Feed, NOTHING_YET, type Position, reduce } from '../core/reduce.ts'

export interface LiveDeps {
  open(hello: ClientHello, signal: AbortSignal): AsyncIterable<LiveFrame>
  /** Whether the session is still good; asked when a connection could not be had. */
  session(): Promise<{ readonly kind: 'signed-in' | 'refused' | 'unreachable' }>
  show(feed: Feed, connection: Connection): void
  /** Rung when the network is back or the page is looked at again. */
  readonly wake: Bell
  readonly clock: Clock
  readonly random: Random
}

/** Short at first, since a master that restarts is back within a second; never a storm after. */
const RETRY = { firstMs: 400, maxMs: 10_000 }

/**
 * Keeps the page live: connects, folds frames, and connects again where it was. Returns when the
 * session is refused, because only a person can mend that.
 */
export async function followLive(deps: LiveDeps, signal: AbortSignal): Promise<void> {
  const wait = backoff(RETRY, deps.random)
  let feed = NOTHING_YET
  let connection: Connection = { kind: 'connecting' }
  let dataOfMs: number | undefined
  deps.show(feed, connection)

  while (!signal.aborted) {
    let heard = false
    for await (const frame of deps.open(helloOf(feed.position), signal)) {
      const reduced = reduce(feed, frame)
      feed = reduced.feed
      dataOfMs = deps.clock.wallMs()
      connection = { kind: 'live' }
      heard = true
      wait.reset()
      deps.show(feed, connection)
      if (reduced.next === 'again') break
    }
    if (signal.aborted) return
    if (!heard && (await deps.session()).kind === 'refused') {
      deps.show(feed, { kind: 'signed-out', why: 'The session has ended. Sign in again.' })
      return
    }
    connection = disconnected(connection, deps.clock.wallMs(), dataOfMs)
    deps.show(feed, connection)
    await waitOrWake(deps, wait.nextMs(), signal)
  }
}

function helloOf(position: Position | undefined): ClientHello {
  return position === undefined ? { kind: 'hello' } : { kind: 'hello', resume: { ...position } }
}

async function waitOrWake(deps: LiveDeps, ms: number, signal: AbortSignal): Promise<void> {
  using _retry = deps.clock.after(ms, () => deps.wake.ring())
  await deps.wake.rung(signal)
}
