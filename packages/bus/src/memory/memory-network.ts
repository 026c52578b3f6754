import type { Clock } from '@roadstead/shared/kernel/clock.ts'
import type { Random } from '@roadstead/shared/kernel/random.ts'
import type { Link } from '../ports.ts'

/** What goes wrong, and how often; all zero is a perfect network. Shares are from 0 to 1. */
export interface Faults {
  /** Of messages that nobody stores: heartbeats, pushes, commands, hints. */
  readonly loss: number
  /** Of acknowledgements: the message was stored, and its writer cannot know. */
  readonly ackLoss: number
  /** Of messages from a stream that are delivered a second time. */
  readonly repeats: number
  /** Every message takes up to this long. */
  readonly delayMsMax: number
}

export const noFaults: Faults = { loss: 0, ackLoss: 0, repeats: 0, delayMsMax: 0 }

/** How long a writer waits before it calls an outcome unknown. */
const ACK_MS = 1_000

/** Who can talk to the server, and what happens on the way. One seed repeats everything. */
export class MemoryNetwork {
  readonly clock: Clock
  readonly random: Random
  faults: Faults = noFaults
  readonly #links = new Map<string, MemoryLink>()
  readonly #subscriptions = new Set<Subscription>()
  #inboxes = 0

  constructor(clock: Clock, random: Random) {
    this.clock = clock
    this.random = random
  }

  /** The link of one participant, made when first asked for. */
  link(who: string): MemoryLink {
    const link = this.#links.get(who) ?? new MemoryLink()
    this.#links.set(who, link)
    return link
  }

  happens(share: number): boolean {
    return share > 0 && this.random.next() < share
  }

  async delay(): Promise<void> {
    const { delayMsMax } = this.faults
    if (delayMsMax > 0) await this.clock.sleep(this.random.next() * delayMsMax)
  }

  /**
   * Carries a request to the server and its answer back; undefined when either got lost. What the
   * server did with it stays done.
   */
  async ask<Answer>(who: string, serve: () => Answer): Promise<Answer | undefined> {
    const link = this.link(who)
    if (!link.connected()) return undefined
    await this.delay()
    if (!link.connected()) return undefined
    const answer = serve()
    await this.delay()
    if (link.connected() && !this.happens(this.faults.ackLoss)) return answer
    await this.clock.sleep(ACK_MS)
    return undefined
  }

  /** Core publish: whoever listens and can be reached gets it, once, or not. */
  publish(
    who: string | undefined,
    subject: string,
    text: string,
    more: Partial<Pick<CoreMessage, 'seq' | 'replyTo'>> = {},
  ): void {
    if (who !== undefined && !this.link(who).connected()) return
    for (const subscription of this.#subscriptions) {
      if (subscription.matches(subject) && !this.happens(this.faults.loss)) {
        void this.#deliver(subscription, { subject, text, seq: 0, ...more })
      }
    }
  }

  /** Whether anybody who can be reached listens: a server says so at once to whoever asks in vain. */
  isHeard(subject: string): boolean {
    return [...this.#subscriptions].some(
      (it) => it.matches(subject) && this.link(it.who).connected(),
    )
  }

  /** A subject for one reply. */
  newInbox(who: string): string {
    this.#inboxes += 1
    return `_INBOX.${who}.${this.#inboxes}`
  }

  /** Exact subjects, or with `*` as the last token. */
  subscribe(who: string, pattern: string, handle: (message: CoreMessage) => void): Disposable {
    const prefix = pattern.endsWith('*') ? pattern.slice(0, -1) : undefined
    const matches = (subject: string): boolean =>
      prefix === undefined
        ? subject === pattern
        : subject.startsWith(prefix) && !subject.slice(prefix.length).includes('.')
    const subscription = { who, matches, handle }
    this.#subscriptions.add(subscription)
    return { [Symbol.dispose]: () => void this.#subscriptions.delete(subscription) }
  }

  async #deliver(subscription: Subscription, message: CoreMessage): Promise<void> {
    await this.delay()
    const reachable = this.link(subscription.who).connected()
    if (reachable && this.#subscriptions.has(subscription)) subscription.handle(message)
  }
}

export interface CoreMessage {
  readonly subject: string
  readonly text: string
  /** Where it is stored, when a stream repeats it; 0 otherwise. */
  readonly seq: number
  /** Where the answer goes, when it is a question. */
  readonly replyTo?: string
}

interface Subscription {
  readonly who: string
  readonly matches: (subject: string) => boolean
  readonly handle: (message: CoreMessage) => void
}

/** One participant's connection, cut and healed by the test. */
export class MemoryLink implements Link {
  readonly #listeners = new Set<() => void>()
  #connected = true

  connected(): boolean {
    return this.#connected
  }

  onChange(listener: () => void): Disposable {
    this.#listeners.add(listener)
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) }
  }

  server(): ReturnType<Link['server']> {
    return { version: 'memory', servers: 1, url: 'memory' }
  }

  set(connected: boolean): void {
    if (connected === this.#connected) return
    this.#connected = connected
    for (const listener of this.#listeners) listener()
  }
}
