import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { namedIn } from './user-files.ts'
import { writeWhole, type Written } from './write-whole.ts'

const OF_CERTIFICATE = /^(?:certificate|key)-/

/**
 * Certificates and keys as files beside the text, which the master process of nginx alone reads. The
 * text has their names; what is in them is known here, and is there before the text is tested.
 */
export class KeyFiles {
  readonly #folder: string
  #contents: ReadonlyMap<string, string> = new Map()

  constructor(folder: string) {
    this.#folder = folder
  }

  /** All that a text may name from now on. */
  hold(contents: ReadonlyMap<string, string>): void {
    this.#contents = contents
  }

  /** Sees to it that what this text names is there, and as its name says. */
  async put(text: string): Promise<Written> {
    for (const name of new Set(namedIn(text))) {
      if (!OF_CERTIFICATE.test(name)) continue
      const content = this.#contents.get(name)
      if (content === undefined) return { kind: 'disk-failed', detail: `${name} is not at hand` }
      const written = await this.#write(name, content)
      if (written.kind !== 'written') return written
    }
    return { kind: 'written' }
  }

  async #write(name: string, content: string): Promise<Written> {
    const path = join(this.#folder, name)
    if ((await readFile(path, 'utf8').catch(() => undefined)) === content) {
      return { kind: 'written' }
    }
    return writeWhole(path, content)
  }
}
