import {
  type Observation,
  STATEMENTS_PER_MESSAGE_MAX,
} from '@roadstead/shared/protocol/observation.ts'

/** Messages under way at once: enough to fill a link of 100 ms with 600 a second. */
export const WINDOW = 64
/** Observations that wait while the bus takes none; past it the oldest go, and a snapshot heals. */
const WAITING_MAX = 10_000
/** A refusal that is not about room will not pass by repeating it. */
const REFUSALS_MAX = 3

interface Item {
  readonly observation: Observation
  /** `gone`: not kept any more, so its outcome matters to nobody. */
  status: 'waiting' | 'sent' | 'stored' | 'failed' | 'gone'
  refusals: number
  /** With whom it was sent, so that it goes again with the same ones, under the same id. */
  parcel: Parcel | undefined
}

/** What goes in one message: observations without a gap between their numbers, never none. */
export interface Parcel {
  readonly observations: readonly [Observation, ...Observation[]]
}

export type Outcome = 'stored' | 'failed' | 'refused'

/**
 * What still has to reach the bus, in order. Several messages are under way at once; when one fails,
 * nothing further is sent until all of them have an outcome, and then everything from the first that is
 * not stored goes again, under the same ids. So the stream's order is ours, and repeats are dropped
 * there. What waits goes together in one message.
 */
export class Outbox {
  #items: Item[] = []
  readonly #itemsByParcel = new Map<Parcel, readonly Item[]>()
  #hasFailed = false
  #dropped = 0

  get length(): number {
    return this.#items.length
  }

  /** A failure waits for `rewind`. */
  get hasFailed(): boolean {
    return this.#hasFailed
  }

  get isUnderWay(): boolean {
    return this.#itemsByParcel.size > 0
  }

  push(observation: Observation): void {
    if (this.#items.length >= WAITING_MAX) {
      const oldest = this.#items.shift()
      if (oldest !== undefined) oldest.status = 'gone'
      this.#dropped += 1
    }
    this.#items.push({ observation, status: 'waiting', refusals: 0, parcel: undefined })
  }

  /** Something waits, and the window has room for it. */
  get mayTake(): boolean {
    if (this.#hasFailed || this.#itemsByParcel.size >= WINDOW) return false
    // What waits is behind what was sent.
    return this.#items.at(-1)?.status === 'waiting'
  }

  /** The next message, if there may be one; it counts as sent from now on. */
  takeUnsent(): Parcel | undefined {
    if (!this.mayTake) return undefined
    const at = this.#items.findIndex(({ status }) => status === 'waiting')
    const first = this.#items[at]
    if (first === undefined) return undefined
    const items = this.#goingWith(first, at)
    const [one, ...more] = items.map(({ observation }) => observation)
    if (one === undefined) return undefined
    const parcel: Parcel = { observations: [one, ...more] }
    for (const item of items) Object.assign(item, { status: 'sent', parcel })
    this.#itemsByParcel.set(parcel, items)
    return parcel
  }

  /** Notes an outcome. True when it is given up: the bus refused it several times. */
  settle(parcel: Parcel, outcome: Outcome): boolean {
    const items = this.#itemsByParcel.get(parcel) ?? []
    this.#itemsByParcel.delete(parcel)
    const isShared = items.length > 1
    let isGivenUp = false
    for (const item of items) {
      if (item.status === 'gone') continue
      // Of several together nobody knows which one it was.
      if (outcome === 'refused' && !isShared) item.refusals += 1
      if (outcome === 'refused' && isShared) Object.assign(item, { parcel: undefined, refusals: 1 })
      isGivenUp = item.refusals >= REFUSALS_MAX
      item.status = outcome === 'stored' || isGivenUp ? 'stored' : 'failed'
      if (item.status === 'failed') this.#hasFailed = true
    }
    const kept = this.#items.findIndex((it) => it.status !== 'stored')
    this.#items.splice(0, kept < 0 ? this.#items.length : kept)
    return isGivenUp
  }

  /** Everything that is not stored waits again. To be called when nothing is under way. */
  rewind(): void {
    this.#hasFailed = false
    for (const item of this.#items) if (item.status !== 'stored') item.status = 'waiting'
  }

  /** Empties it: what comes out may have been stored already, which its id will tell. */
  drain(): Observation[] {
    const left = this.#items.filter((item) => item.status !== 'stored')
    this.#items = []
    this.#itemsByParcel.clear()
    this.#hasFailed = false
    for (const item of left) item.status = 'gone'
    return left.map((item) => item.observation)
  }

  /** How many were dropped for want of room since the last call. */
  takeDropped(): number {
    const dropped = this.#dropped
    this.#dropped = 0
    return dropped
  }

  /** What was together stays together; what was refused goes alone. */
  #goingWith(first: Item, at: number): readonly Item[] {
    if (first.refusals > 0) return [first]
    const next = this.#items.slice(at, at + STATEMENTS_PER_MESSAGE_MAX)
    const end = next.findIndex(
      ({ status, refusals, parcel }) =>
        status !== 'waiting' || refusals > 0 || parcel !== first.parcel,
    )
    return end < 0 ? next : next.slice(0, end)
  }
}
