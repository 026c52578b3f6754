import type { Observation } from '@roadstead/shared/protocol/observation.ts'

/** Publishes under way at once: enough to fill a link of 100 ms with 600 a second. */
export const WINDOW = 64
/** Observations that wait while the bus takes none; past it the oldest go, and a snapshot heals. */
const WAITING_MAX = 10_000
/** A refusal that is not about room will not pass by repeating it. */
const REFUSALS_MAX = 3

export interface Item {
  readonly observation: Observation
  status: 'waiting' | 'sent' | 'stored' | 'failed'
  refusals: number
}

export type Outcome = 'stored' | 'failed' | 'refused'

/**
 * What still has to reach the bus, in order. Several are under way at once; when one fails, nothing
 * further is sent until all of them have an outcome, and then everything from the first that is not
 * stored goes again, under the same ids. So the stream's order is ours, and repeats are dropped there.
 */
export class Outbox {
  #items: Item[] = []
  #dropped = 0

  get length(): number {
    return this.#items.length
  }

  /** A failure waits for `rewind`. */
  get hasFailed(): boolean {
    return this.#items.some((item) => item.status === 'failed')
  }

  get isUnderWay(): boolean {
    return this.#items.some((item) => item.status === 'sent')
  }

  push(observation: Observation): void {
    if (this.#items.length >= WAITING_MAX) {
      this.#items.shift()
      this.#dropped += 1
    }
    this.#items.push({ observation, status: 'waiting', refusals: 0 })
  }

  /** The next to send, as far as the window allows; they count as sent from now on. */
  takeUnsent(): readonly Item[] {
    if (this.hasFailed) return []
    const next = this.#items.slice(0, WINDOW).filter((item) => item.status === 'waiting')
    for (const item of next) item.status = 'sent'
    return next
  }

  /** Notes an outcome. True when the item is given up: the bus refused it several times. */
  settle(item: Item, outcome: Outcome): boolean {
    if (outcome === 'refused') item.refusals += 1
    const isGivenUp = item.refusals >= REFUSALS_MAX
    item.status = outcome === 'stored' || isGivenUp ? 'stored' : 'failed'
    const kept = this.#items.findIndex((it) => it.status !== 'stored')
    this.#items.splice(0, kept < 0 ? this.#items.length : kept)
    return isGivenUp
  }

  /** Everything that is not stored waits again. To be called when nothing is under way. */
  rewind(): void {
    for (const item of this.#items) if (item.status !== 'stored') item.status = 'waiting'
  }

  /** Empties it: what comes out may have been stored already, which its id will tell. */
  drain(): Observation[] {
    const left = this.#items.filter((item) => item.status !== 'stored')
    this.#items = []
    return left.map((item) => item.observation)
  }

  /** How many were dropped for want of room since the last call. */
  takeDropped(): number {
    const dropped = this.#dropped
    this.#dropped = 0
    return dropped
  }
}
