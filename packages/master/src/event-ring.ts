import type { EventView } from '@roadstead/shared/protocol/http-events.ts'

export type EventDraft = Omit<EventView, 'revision'>

/**
 * The last things that happened, for people: engine news, hosts that come and go, leaders, tables in
 * force, refusals. It lives in memory and starts empty; nothing is ever decided from it.
 */
export class EventRing {
  #events: EventView[] = []
  #revision = 0
  readonly #listeners = new Set<() => void>()

  add(draft: EventDraft): void {
    this.#revision += 1
    this.#events.push({ ...draft, revision: this.#revision })
    // Cut in batches, so that adding stays cheap.
    if (this.#events.length > 2 * EVENTS_MAX) this.#events = this.#events.slice(-EVENTS_MAX)
    for (const listener of this.#listeners) listener()
  }

  get revision(): number {
    return this.#revision
  }

  /** Events after this revision, oldest first; the newest `limit` of them when there are more. */
  after(revision: number, limit: number): EventView[] {
    const kept = this.#events.slice(-EVENTS_MAX)
    return kept.filter((event) => event.revision > revision).slice(-limit)
  }

  onAdd(listener: () => void): Disposable {
    this.#listeners.add(listener)
    return { [Symbol.dispose]: () => this.#listeners.delete(listener) }
  }
}

/** About an hour of a busy fleet, and half a megabyte at most. */
export const EVENTS_MAX = 2_000
