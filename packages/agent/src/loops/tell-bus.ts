import type { Stored } from '@roadstead/bus/ports.ts'
import { type Backoff, backoff } from '@roadstead/shared/kernel/backoff.ts'
import { Bell } from '@roadstead/shared/kernel/bell.ts'
import type { Clock } from '@roadstead/shared/kernel/clock.ts'
import type { SiteId } from '@roadstead/shared/kernel/ids.ts'
import type { Log } from '@roadstead/shared/kernel/log.ts'
import { jitter, type Random } from '@roadstead/shared/kernel/random.ts'
import { TokenBucket } from '@roadstead/shared/kernel/token-bucket.ts'
import type { EventEnvelope, Snapshot } from '@roadstead/shared/protocol/observation.ts'
import { toEnvelope } from '../core/envelope.ts'
import type { Outcome, Parcel } from '../core/outbox.ts'
import type { AgentState } from '../state.ts'

const SNAPSHOT_EVERY_MS = 600_000
const SNAPSHOT_JITTER = 0.2
const RETRY = { firstMs: 250, maxMs: 10_000 }
/**
 * A message costs the agent, the bus and each master as much as what is in it. Whoever starts or stops a
 * few containers is told of at once; whoever has much to say says it in a hundred messages a second.
 */
const PACE = { burst: 16, everyMs: 10 }
/** Retries end early when the link changes; this only bounds how long a lost ring can cost. */
const LOOK_AGAIN_MS = 1_000

export interface TellDeps {
  readonly bus: {
    readonly link: { connected(): boolean; onChange(listener: () => void): Disposable }
    publishEvent(event: EventEnvelope): Promise<Stored>
    publishSnapshot(snapshot: Snapshot): Promise<Stored>
  }
  readonly spool: { append(events: readonly EventEnvelope[]): void }
  readonly state: AgentState
  readonly site: SiteId
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  readonly snapshots: SnapshotRequests
}

/** Who wants a snapshot now, and whether one was stored since the link came up. */
export class SnapshotRequests {
  readonly #wake: Bell
  /** Rings for the replay of history, which must not start before the state is told. */
  readonly told = new Bell()
  isAsked = true
  isTold = false

  /** @param wake what the publisher listens to. */
  constructor(wake: Bell) {
    this.#wake = wake
  }

  ask(): void {
    this.isAsked = true
    this.#wake.ring()
  }
}

/**
 * Brings everything that is said onto the bus, in order, or keeps it on disk.
 *
 * After every reconnect a snapshot goes first: routes heal with one message, and what happened while
 * the bus was away is history, which is told afterwards and slowly (`replay-spool.ts`).
 */
export async function tellBus(deps: TellDeps, signal: AbortSignal): Promise<void> {
  const { bus, state, clock } = deps
  const publisher = new Publisher(deps, signal)
  using _link = bus.link.onChange(() => state.news.ring())
  while (!signal.aborted) {
    let againMs = LOOK_AGAIN_MS
    if (bus.link.connected()) {
      publisher.tellSnapshotIfDue()
      againMs = publisher.tellWaiting() ?? LOOK_AGAIN_MS
    } else {
      publisher.forgetLink()
      keepBack(deps)
    }
    using _again = clock.after(againMs, () => state.news.ring())
    await state.news.rung(signal)
  }
  keepBack(deps)
}

/** Sends what waits, and starts again from the first that failed, ever more slowly. */
class Publisher {
  readonly #deps: TellDeps
  readonly #signal: AbortSignal
  readonly #retry: Backoff
  readonly #pace: TokenBucket
  /** What is not newer than the first snapshot on this link is history. */
  #historyUpTo = 0
  #nextSnapshotAtMs = 0
  #isTellingSnapshot = false
  /** Counts links: what was stored on one that is gone proves nothing about the next. */
  #link = 0

  constructor(deps: TellDeps, signal: AbortSignal) {
    this.#deps = deps
    this.#signal = signal
    this.#retry = backoff(RETRY, deps.random)
    this.#pace = new TokenBucket(PACE, deps.clock.monoMs())
  }

  forgetLink(): void {
    const { snapshots } = this.#deps
    if (snapshots.isTold) this.#link += 1
    snapshots.isTold = false
  }

  tellSnapshotIfDue(): void {
    const { snapshots, clock } = this.#deps
    const isDue = snapshots.isAsked || !snapshots.isTold || clock.monoMs() >= this.#nextSnapshotAtMs
    if (isDue && !this.#isTellingSnapshot) void this.#tellSnapshot()
  }

  /** Never rejects. */
  async #tellSnapshot(): Promise<void> {
    const { bus, state, snapshots, clock, log, random } = this.#deps
    const action = snapshots.isTold ? 'resync' : 'connect'
    const snapshot = state.snapshot({ action, seenAtMs: clock.wallMs() })
    if (snapshot === undefined) return
    const link = this.#link
    this.#isTellingSnapshot = true
    snapshots.isAsked = false
    const { seq } = snapshot.stamp
    if ((await this.#outcome(bus.publishSnapshot(snapshot))) === 'stored') {
      this.#retry.reset()
      this.#nextSnapshotAtMs = clock.monoMs() + jitter(SNAPSHOT_EVERY_MS, SNAPSHOT_JITTER, random)
      if (link === this.#link) this.#told(seq)
      log.debug({ seq, containers: snapshot.containers.length }, 'snapshot told')
    } else {
      snapshots.isAsked = true
      log.warn({ seq }, 'snapshot not stored, trying again')
      await clock.sleep(this.#retry.nextMs(), this.#signal)
    }
    this.#isTellingSnapshot = false
    state.news.ring()
  }

  #told(seq: number): void {
    const { snapshots } = this.#deps
    if (!snapshots.isTold) this.#historyUpTo = seq
    snapshots.isTold = true
    snapshots.told.ring()
  }

  /** Nothing goes before the first snapshot on a link. Tells when to come again if something waits. */
  tellWaiting(): number | undefined {
    const { state, snapshots, clock, log } = this.#deps
    const { outbox } = state
    if (!snapshots.isTold) return undefined
    const dropped = outbox.takeDropped()
    if (dropped > 0) {
      log.warn({ dropped }, 'observations dropped for want of room, telling a snapshot')
      snapshots.ask()
    }
    while (outbox.mayTake) {
      const waitMs = this.#pace.waitMs(clock.monoMs())
      if (waitMs > 0) return waitMs
      this.#pace.take()
      const parcel = outbox.takeUnsent()
      if (parcel !== undefined) void this.#send(parcel)
    }
    return undefined
  }

  /** Never rejects. */
  async #send(parcel: Parcel): Promise<void> {
    const { bus, site, clock, state, log } = this.#deps
    const { observations } = parcel
    const replay = observations.every(({ stamp }) => stamp.seq <= this.#historyUpTo)
    const time = new Date(clock.wallMs()).toISOString()
    const outcome = await this.#outcome(
      bus.publishEvent(toEnvelope(observations, { site, time, replay })),
    )
    const isGivenUp = state.outbox.settle(parcel, outcome)
    if (isGivenUp) {
      const [{ kind, stamp }] = observations
      log.error({ kind, seq: stamp.seq }, 'the bus refuses an observation, left to the snapshot')
      this.#deps.snapshots.ask()
    }
    if (outcome === 'stored') this.#retry.reset()
    await this.#rewindWhenSettled()
    if (state.outbox.length > 0) state.news.ring()
  }

  async #outcome(publish: Promise<Stored>): Promise<Outcome> {
    try {
      const stored = await publish
      if (stored.kind === 'refused') return stored.full ? 'failed' : 'refused'
      return stored.kind === 'stored' ? 'stored' : 'failed'
    } catch (error) {
      this.#deps.log.debug({ err: error }, 'publish failed')
      return 'failed'
    }
  }

  async #rewindWhenSettled(): Promise<void> {
    const { outbox } = this.#deps.state
    if (!outbox.hasFailed || outbox.isUnderWay) return
    await this.#deps.clock.sleep(this.#retry.nextMs(), this.#signal)
    outbox.rewind()
  }
}

/** While there is no link, what is said goes to disk; the next snapshot carries its outcome. */
function keepBack({ state, spool, site, clock }: TellDeps): void {
  const observations = state.outbox.drain()
  if (observations.length === 0) return
  const time = new Date(clock.wallMs()).toISOString()
  spool.append(observations.map((it) => toEnvelope([it], { site, time, replay: true })))
}
