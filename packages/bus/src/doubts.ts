/** One question to all followers of a bus: are you certain that you are at the end? */
export class Doubts {
  readonly #listeners = new Set<() => void>()

  on(listener: () => void): Disposable {
    this.#listeners.add(listener)
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) }
  }

  raise(): void {
    for (const listener of this.#listeners) listener()
  }
}
