import type { NatsConnection } from '@nats-io/transport-node'
import { backoff } from '@roadstead/shared/kernel/backoff.ts'
import type { Clock } from '@roadstead/shared/kernel/clock.ts'
import type { Log } from '@roadstead/shared/kernel/log.ts'
import type { Random } from '@roadstead/shared/kernel/random.ts'
import { z } from 'zod'
import type { Delivery } from '../ports.ts'
import type { Raw } from '../raw.ts'
import type { Doubts } from '../doubts.ts'
import type { Connection } from './connect.ts'
import { ask, KV_OPERATION } from './jetstream.ts'
import { PullSession, type PullSpec } from './pull-session.ts'

export interface FollowSpec extends PullSpec {
  /** First sequence wanted; 1 for everything that is kept. */
  readonly fromSeq: number
  /** Every message counts, not only the last of its subject: missing ones are a reset. */
  readonly history: boolean
}

export interface FollowDeps {
  readonly connection: Connection
  readonly inboxPrefix: string
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  /** Absent: this reading is never doubted. */
  readonly doubts?: Doubts
}

/** How often the stream itself is looked at: a wiped one says nothing to its consumers. */
const WATCH_MS = 5_000
/** Silence is looked for more often: a session that heard nothing is cheap to replace. */
const LOOK_MS = 1_000
const RETRY = { firstMs: 100, maxMs: 2_000 }

/**
 * Reads a stream from a sequence on, for ever: over reconnects, dead servers, lost consumers, and a
 * stream that was wiped. A cursor alone is never trusted. Before each start and every 5 s the
 * stream's birth and its last sequence are compared with what we remember; a stream that is another
 * one, or ends before our cursor, is read from its beginning after a `reset`.
 */
export async function* followStream(
  spec: FollowSpec,
  deps: FollowDeps,
  signal: AbortSignal,
): AsyncGenerator<Delivery<Raw>, void, undefined> {
  const waits = backoff(RETRY, deps.random)
  const place: Place = { cursor: spec.fromSeq - 1, born: undefined, caughtUp: false, read: false }
  using _doubts = deps.doubts?.on(() => {
    place.caughtUp = false
    place.session?.end('asked again')
  })
  while (!signal.aborted) {
    const client = await deps.connection.whenConnected(signal)
    if (client === undefined) return
    const facts = await streamFacts(client, spec.stream)
    const opened = facts && (yield* openFrom(facts, client, place, { spec, deps }))
    if (opened === undefined) {
      await deps.clock.sleep(waits.nextMs(), signal)
      continue
    }
    waits.reset()
    yield* readSession(opened, place, { spec, deps }, signal)
  }
}

interface Place {
  cursor: number
  born: string | undefined
  caughtUp: boolean
  /** Something was delivered since the last reset, so the reader has something to lose. */
  read: boolean
  session?: PullSession
}

interface Following {
  readonly spec: FollowSpec
  readonly deps: FollowDeps
}

interface StreamFacts {
  readonly born: string
  readonly first: number
  readonly last: number
}

interface Opened {
  readonly session: PullSession
  readonly client: NatsConnection
  /** Where the stream ended when it was opened. */
  readonly last: number
  readonly born: number
}

async function* openFrom(
  facts: StreamFacts,
  client: NatsConnection,
  place: Place,
  { spec, deps }: Following,
): AsyncGenerator<Delivery<Raw>, Opened | undefined, undefined> {
  const why = lostContinuity(facts, place, spec)
  place.born = facts.born
  if (why !== undefined) {
    deps.log.warn(
      { stream: spec.stream, why, cursor: place.cursor, last: facts.last },
      'stream reset',
    )
    const gone = facts.first - 1
    Object.assign(place, {
      cursor: why === 'history-gone' ? gone : 0,
      caughtUp: false,
      read: false,
    })
    yield { kind: 'reset', why }
  }
  const opening = { client, inboxPrefix: deps.inboxPrefix, spec, clock: deps.clock }
  const session = await PullSession.open(opening, consumerName(deps.random), place.cursor + 1)
  if (typeof session === 'string') {
    deps.log.debug({ stream: spec.stream, why: session }, 'consumer not made')
    return undefined
  }
  return { session, client, last: facts.last, born: Date.parse(facts.born) || 0 }
}

async function* readSession(
  { session, client, last, born }: Opened,
  place: Place,
  { spec, deps }: Following,
  signal: AbortSignal,
): AsyncGenerator<Delivery<Raw>, void, undefined> {
  using _session = session
  place.session = session
  using _watch = watch(session, client, place, { spec, deps })
  if (session.pendingAtStart === 0) yield* catchUp(place)
  for (;;) {
    const next = await session.next(signal)
    if (next === undefined) break
    place.cursor = next.seq
    place.read = true
    const { message, seq } = next
    const deleted = message.headers?.has(KV_OPERATION) === true
    const value = { text: message.string(), deleted }
    yield { kind: 'message', seq, born, subject: message.subject, value }
    // The server's count of what is pending is not enough: where a key is written again while its
    // old word waits, as the lease is twice a second, the count of 2.9 may never come down to 0.
    const isAtEnd = next.pending === 0 || seq >= last
    // What an ended session still holds says nothing about the end as it is now.
    if (isAtEnd && !session.isOver) yield* catchUp(place)
  }
  if (!signal.aborted) deps.log.info({ stream: spec.stream, why: session.why }, 'consumer renewed')
}

function* catchUp(place: Place): Generator<Delivery<Raw>, void, undefined> {
  if (place.caughtUp) return
  place.caughtUp = true
  yield { kind: 'caught-up', seq: place.cursor }
}

function lostContinuity(facts: StreamFacts, place: Place, spec: FollowSpec): string | undefined {
  if (place.born !== undefined && facts.born !== place.born) return 'another-stream'
  if (facts.last < place.cursor) return 'stream-regressed'
  const missed = spec.history && place.read && facts.first > place.cursor + 1
  return missed ? 'history-gone' : undefined
}

/** Ends the session when the connection changes, or when the stream or the consumer has gone bad. */
function watch(
  session: PullSession,
  client: NatsConnection,
  place: Place,
  { spec, deps }: Following,
): Disposable {
  const stop = new AbortController()
  let lookedMs = deps.clock.monoMs()
  const link = deps.connection.link.onChange(() => session.end('link changed'))
  void keepWatching()
  return {
    [Symbol.dispose]: () => {
      stop.abort()
      link[Symbol.dispose]()
    },
  }

  async function keepWatching(): Promise<void> {
    for (;;) {
      await deps.clock.sleep(LOOK_MS, stop.signal)
      if (stop.signal.aborted) return
      session.lookForSilence()
      if (!due()) continue
      const facts = await streamFacts(client, spec.stream)
      if (facts && lostContinuity(facts, place, spec)) session.end('stream changed')
      await session.check()
    }
  }

  function due(): boolean {
    const now = deps.clock.monoMs()
    if (now - lookedMs < WATCH_MS) return false
    lookedMs = now
    return true
  }
}

function consumerName(random: Random): string {
  const digits = (random.next() * 2 ** 48).toString(36)
  return `f_${digits.replace('.', '_')}`
}

const StreamInfo = z.object({
  created: z.string(),
  state: z.object({ first_seq: z.int().nonnegative(), last_seq: z.int().nonnegative() }),
})

async function streamFacts(
  client: NatsConnection,
  stream: string,
): Promise<StreamFacts | undefined> {
  const answer = await ask(client, `$JS.API.STREAM.INFO.${stream}`, undefined)
  if (answer.kind !== 'answer') return undefined
  const info = StreamInfo.safeParse(answer.value)
  if (!info.success) return undefined
  const { created, state } = info.data
  return { born: created, first: state.first_seq, last: state.last_seq }
}
