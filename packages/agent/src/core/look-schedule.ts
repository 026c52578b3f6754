import type { ContainerId } from '@roadstead/shared/kernel/ids.ts'
import type { Cause } from '@roadstead/shared/protocol/observation.ts'

/** Looks that join: what comes within this time of a `soon` event shares one look with it. */
const JOIN_MS = 100
/**
 * Looks that a container may have at once, before its events join. One `docker run` or `restart` is up
 * to four urgent events in as many milliseconds, and the last of them is the one that matters; a
 * container that is killed or restarted in a loop is still looked at only every 100 ms.
 */
const BURST = 4

/** Looks kept free for events: a list must not fill every place with answers that hang. */
const RESERVED = 2

/**
 * `now`: at once, within the burst. `soon`: joined with what follows within 100 ms. `listed`: as soon
 * as nothing urgent wants the place.
 */
export type Urgency = 'now' | 'soon' | 'listed'

/** A container to look at, and the first thing that asked for it. */
export interface Look {
  readonly id: ContainerId
  readonly cause: Cause
}

interface Entry {
  tokens: number
  countedAtMs: number
}

interface Due {
  readonly atMs: number
  readonly urgent: boolean
  /** How many events this look is for. */
  readonly asked: number
  readonly cause: Cause
}

/** Those that have rested are forgotten together: to look at each of them at every turn costs more. */
const FORGET_EVERY_MS = 1_000

/**
 * When to look at which container. Holds no clock: every call says what time it is, and the same calls
 * give the same answers. At most one look per container is under way, so an older answer can never
 * overwrite a newer one; whatever comes meanwhile makes it due again.
 */
export class LookSchedule {
  readonly #entryById = new Map<ContainerId, Entry>()
  /** Those among them that have a look to come, in the order in which they were noticed. */
  readonly #dueById = new Map<ContainerId, Due>()
  readonly #busy = new Set<ContainerId>()
  #forgetAtMs = 0

  notice(id: ContainerId, cause: Cause, urgency: Urgency, nowMs: number): void {
    const entry = this.#entryById.get(id) ?? { tokens: BURST, countedAtMs: nowMs }
    this.#entryById.set(id, entry)
    refill(entry, nowMs)
    const before = this.#dueById.get(id)
    const urgent = urgency === 'now'
    const isAtOnce = urgency === 'listed' || (urgent && entry.tokens >= 1)
    const atMs = Math.min(nowMs + (isAtOnce ? 0 : JOIN_MS), before?.atMs ?? Infinity)
    const isFirst = before === undefined || (urgent && !before.urgent)
    this.#dueById.set(id, {
      atMs,
      urgent: urgent || before?.urgent === true,
      asked: (before?.asked ?? 0) + 1,
      cause: isFirst ? cause : before.cause,
    })
  }

  /** Takes up to `max` looks that are due, urgent ones first; each is busy until `finish`. */
  take(nowMs: number, max: number): Look[] {
    const urgent: Look[] = []
    const others: Look[] = []
    for (const [id, due] of this.#dueById) {
      if (urgent.length >= max) break
      if (due.atMs > nowMs || this.#busy.has(id)) continue
      const look = { id, cause: due.cause }
      if (due.urgent) urgent.push(look)
      else if (others.length < max - RESERVED) others.push(look)
    }
    const taken = [...urgent, ...others].slice(0, Math.max(urgent.length, max - RESERVED))
    for (const { id } of taken) this.#start(id, nowMs)
    if (nowMs >= this.#forgetAtMs) this.#forgetRested(nowMs)
    return taken
  }

  finish(id: ContainerId): void {
    this.#busy.delete(id)
  }

  /** When the next look becomes due; what is due already waits for a `finish`, not for time. */
  nextDueMs(nowMs: number): number | undefined {
    let next: number | undefined
    for (const { atMs } of this.#dueById.values()) {
      if (atMs > nowMs) next = Math.min(next ?? atMs, atMs)
    }
    return next
  }

  /** What has asked for a look at this container since the one under way began. */
  meanwhile(id: ContainerId): Cause | undefined {
    return this.#dueById.get(id)?.cause
  }

  /**
   * What has asked for the look that is due is in the answer of the one under way: it is repeated, since
   * nothing is believed on such grounds, but not at once. Where more than one has asked, nothing changes.
   */
  relax(id: ContainerId, nowMs: number): void {
    const due = this.#dueById.get(id)
    if (due?.asked !== 1) return
    this.#dueById.set(id, { ...due, atMs: nowMs + JOIN_MS, urgent: false })
  }

  /** Whether a look at this container is due or under way. */
  isExpected(id: ContainerId): boolean {
    return this.#busy.has(id) || this.#dueById.has(id)
  }

  #start(id: ContainerId, nowMs: number): void {
    const entry = this.#entryById.get(id)
    if (entry === undefined) return
    refill(entry, nowMs)
    entry.tokens = Math.max(0, entry.tokens - 1)
    this.#dueById.delete(id)
    this.#busy.add(id)
  }

  #forgetRested(nowMs: number): void {
    this.#forgetAtMs = nowMs + FORGET_EVERY_MS
    for (const [id, entry] of this.#entryById) {
      refill(entry, nowMs)
      const isRested = entry.tokens >= BURST && !this.isExpected(id)
      if (isRested) this.#entryById.delete(id)
    }
  }
}

function refill(entry: Entry, nowMs: number): void {
  const earned = (nowMs - entry.countedAtMs) / JOIN_MS
  entry.tokens = Math.min(BURST, entry.tokens + earned)
  entry.countedAtMs = nowMs
}
