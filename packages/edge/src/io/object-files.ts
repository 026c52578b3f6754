import { mkdir, readdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { HeldObject, heldKey, type HeldObjects } from '../core/objects/held-object.ts'
import { writeWhole, type Written, written } from './write-whole.ts'

const FOLDER = 'objects'
const SUFFIX = '.json'

/**
 * Users and certificates that the masters keep, opened, in files that only this process reads: what
 * a restart serves while no master is there.
 */
export class ObjectFiles {
  readonly #directory: string

  constructor(stateDir: string) {
    this.#directory = join(stateDir, FOLDER)
  }

  /** All that can be read; a master says the others again. */
  async read(): Promise<HeldObjects> {
    const names = await readdir(this.#directory).catch(() => [])
    const held = new Map<string, HeldObject>()
    for (const name of names.filter((it) => it.endsWith(SUFFIX))) {
      const object = await this.#readOne(name)
      if (object !== undefined) held.set(heldKey(object), object)
    }
    return held
  }

  async write(object: HeldObject): Promise<Written> {
    const made = await written(() => mkdir(this.#directory, { recursive: true, mode: 0o700 }))
    if (made.kind !== 'written') return made
    return writeWhole(this.#pathOf(object), `${JSON.stringify(object)}\n`)
  }

  async remove(object: HeldObject): Promise<Written> {
    return written(() => rm(this.#pathOf(object), { force: true }))
  }

  #pathOf(object: HeldObject): string {
    return join(this.#directory, `${heldKey(object)}${SUFFIX}`)
  }

  async #readOne(name: string): Promise<HeldObject | undefined> {
    try {
      return HeldObject.parse(JSON.parse(await readFile(join(this.#directory, name), 'utf8')))
    } catch {
      return undefined
    }
  }
}
