import type { Volume } from './core/model.ts'
import type { StockDeps } from './images.ts'
import { Problem } from './problem.ts'

/** The volumes of the simulated engine, and what is told when they change. */
export class VolumeStore {
  readonly #deps: StockDeps
  readonly #volumeByName = new Map<string, Volume>()

  constructor(deps: StockDeps) {
    this.#deps = deps
  }

  get all(): readonly Volume[] {
    return [...this.#volumeByName.values()]
  }

  /** The one that is there already, or a new one: to create a volume twice is no mistake. */
  add(name: string, labels: Readonly<Record<string, string>> = {}): Volume {
    const known = this.#volumeByName.get(name)
    if (known !== undefined) return known
    const createdAt = new Date(this.#deps.wallMs()).toISOString()
    const made = { name: name === '' ? this.#deps.newId() : name, createdAt, labels }
    this.#volumeByName.set(made.name, made)
    this.#deps.tell('volume', 'create', made.name, { driver: 'local' })
    return made
  }

  remove(name: string): void {
    if (!this.#volumeByName.has(name)) throw new Problem(404, `get ${name}: no such volume`)
    if (this.#deps.isInUse(name)) throw new Problem(409, `remove ${name}: volume is in use`)
    this.#volumeByName.delete(name)
    this.#deps.tell('volume', 'destroy', name, { driver: 'local' })
  }
}
