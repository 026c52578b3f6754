/** As many as the real engine keeps; what is older cannot be asked for again. */
const EVENTS_MAX = 256

export interface EngineEvent {
  readonly type: 'container' | 'network' | 'image' | 'volume'
  readonly action: string
  readonly id: string
  readonly attributes: Readonly<Record<string, string>>
  readonly nano: bigint
}

export interface EventFilter {
  readonly types: readonly string[]
  readonly actions: readonly string[]
  readonly containers: readonly string[]
}

/** The last events, and who listens to new ones. */
export class EventRing {
  readonly #listeners = new Set<(event: EngineEvent) => void>()
  #events: readonly EngineEvent[] = []
  #lastNano = 0n

  /** Stamps of one engine never repeat and never go back. */
  add(event: Omit<EngineEvent, 'nano'>, wallMs: number): void {
    const now = BigInt(Math.floor(wallMs * 1_000)) * 1_000n
    this.#lastNano = now > this.#lastNano ? now : this.#lastNano + 1n
    const stamped = { ...event, nano: this.#lastNano }
    this.#events = [...this.#events, stamped].slice(-EVENTS_MAX)
    for (const listener of this.#listeners) listener(stamped)
  }

  /** Past events not before `sinceNano`, then new ones, in one breath: none can slip between. */
  subscribe(sinceNano: bigint | undefined, listener: (event: EngineEvent) => void): Disposable {
    if (sinceNano !== undefined) {
      for (const event of this.#events) if (event.nano >= sinceNano) listener(event)
    }
    this.#listeners.add(listener)
    return { [Symbol.dispose]: () => this.#listeners.delete(listener) }
  }
}

export function passes(filter: EventFilter, event: EngineEvent): boolean {
  const isWanted = (wanted: readonly string[], value: string): boolean =>
    wanted.length === 0 || wanted.includes(value)
  return (
    isWanted(filter.types, event.type) &&
    isWanted(filter.actions, event.action.split(':', 1)[0] ?? '') &&
    (filter.containers.length === 0 ||
      filter.containers.some((it) => event.id.startsWith(it) || event.attributes['name'] === it))
  )
}

/** One line of the stream. The nanoseconds are written as digits: no number could hold them. */
export function eventLine({ type, action, id, attributes, nano }: EngineEvent): string {
  const rest = { Type: type, Action: action, Actor: { ID: id, Attributes: attributes } }
  const scope = { scope: 'local', time: Number(nano / 1_000_000_000n) }
  const text = JSON.stringify({ ...rest, ...scope })
  return `${text.slice(0, -1)},"timeNano":${nano}}\n`
}

/** Filters come as lists, or as objects whose keys are the values (older clients). */
export function parseFilter(text: string | null): EventFilter {
  const filters: unknown = JSON.parse(text ?? '{}')
  return {
    types: valuesOf(filters, 'type'),
    actions: valuesOf(filters, 'event'),
    containers: valuesOf(filters, 'container'),
  }
}

/** Seconds with a fraction, in text, to nanoseconds. */
export function nanosOf(seconds: string | null): bigint | undefined {
  const parts = /^([0-9]+)(?:\.([0-9]{1,9}))?$/.exec(seconds ?? '')
  if (parts === null) return undefined
  return BigInt(parts[1] ?? '0') * 1_000_000_000n + BigInt((parts[2] ?? '').padEnd(9, '0'))
}

function valuesOf(filters: unknown, key: string): string[] {
  if (typeof filters !== 'object' || filters === null) return []
  const value: unknown = Object.entries(filters).find(([name]) => name === key)?.[1]
  if (Array.isArray(value)) return value.map(String)
  return typeof value === 'object' && value !== null ? Object.keys(value) : []
}
