import type { EdgeId } from '@roadstead/shared/kernel/ids.ts'
import type { ObjectMention } from '@roadstead/shared/protocol/kept-object.ts'
import { mentions, type StoredByEdge, type StoredObject } from './core/objects/deliveries.ts'
import { type Decisions, type ObjectPlace, placeText } from './core/objects/kept-objects.ts'

export interface Mentioned {
  readonly mentions: readonly ObjectMention[]
  /** Equal for equal lists. */
  readonly text: string
}

interface Seen extends Mentioned {
  readonly decisions: Decisions
  readonly stored: ReadonlyMap<string, StoredObject> | undefined
}

/** Which sealed texts the control stream has for each edge, and how heads of tables name them. */
export class ObjectBook {
  #stored = new Map<EdgeId, ReadonlyMap<string, StoredObject>>()
  readonly #seen = new Map<EdgeId, Seen>()

  get stored(): StoredByEdge {
    return this.#stored
  }

  put(edge: EdgeId, object: StoredObject): void {
    this.#stored.set(edge, new Map(this.#stored.get(edge)).set(placeText(object), object))
  }

  drop(edge: EdgeId, place: ObjectPlace): void {
    const rest = new Map(this.#stored.get(edge))
    rest.delete(placeText(place))
    this.#stored.set(edge, rest)
  }

  /** The stream begins anew, and says again what it has. */
  clear(): void {
    this.#stored.clear()
  }

  /** What the head of this edge's table says of objects. Looked up at every table: mostly as before. */
  mentionedTo(edge: EdgeId, decisions: Decisions): Mentioned {
    const stored = this.#stored.get(edge)
    const before = this.#seen.get(edge)
    if (before?.decisions === decisions && before.stored === stored) return before
    const named = mentions(decisions, stored)
    const text = JSON.stringify(named)
    const now = {
      decisions,
      stored,
      mentions: before?.text === text ? before.mentions : named,
      text,
    }
    this.#seen.set(edge, now)
    return now
  }
}
