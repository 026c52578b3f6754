import type { Digest } from '@roadstead/shared/kernel/digest.ts'
import { data, numbered, type NumberedName, type SafeText, type Statement } from './directive.ts'

/**
 * What locations of the text refer to and what stands outside of them: maps, zones, files with users.
 * Equal ones are there once, and are numbered in the order of their first use, so that equal tables
 * give equal text.
 */
export class Definitions {
  readonly #digest: Digest
  readonly #folder: string
  readonly #names = new Map<string, SafeText>()
  readonly #statements: Statement[] = []
  readonly #counts = new Map<string, number>()
  readonly #files = new Map<string, string>()

  /** @param folder of files beside the text, with a slash, where nginx would look elsewhere. */
  constructor(digest: Digest, folder = '') {
    this.#digest = digest
    this.#folder = folder
  }

  /** The variable that `make` defines; `key` tells it from all others of this prefix. */
  variable(prefix: NumberedName, key: string, make: (name: SafeText) => Statement): SafeText {
    const known = this.#names.get(prefix + key)
    if (known !== undefined) return known
    const at = (this.#counts.get(prefix) ?? 0) + 1
    this.#counts.set(prefix, at)
    const name = numbered(prefix, at)
    this.#names.set(prefix + key, name)
    this.#statements.push(make(name))
    return name
  }

  /** Something with a name that does not depend on what else there is, so that a reload keeps it. */
  lasting(prefix: 'l_', key: string, make: (name: SafeText) => Statement): SafeText {
    const name = data(`${prefix}${this.#digest(key).slice(0, 16)}`)
    if (this.#names.has(name)) return name
    this.#names.set(name, name)
    this.#statements.push(make(name))
    return name
  }

  once(name: SafeText, make: () => Statement): SafeText {
    if (!this.#names.has(name)) {
      this.#names.set(name, name)
      this.#statements.push(make())
    }
    return name
  }

  /** A file beside the text, named by its content: whoever has the text knows what is in it. */
  file(content: string): SafeText {
    const name = `users-${this.#digest(content).slice(0, 32)}`
    this.#files.set(name, content)
    return data(this.#folder + name)
  }

  get statements(): readonly Statement[] {
    return this.#statements
  }

  get files(): ReadonlyMap<string, string> {
    return this.#files
  }
}
