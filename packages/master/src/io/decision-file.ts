import { mkdir, open, readFile, rename } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { RoadsteadError } from '@roadstead/shared/kernel/roadstead-error.ts'
import { Decision } from '@roadstead/shared/protocol/decision.ts'

const Remembered = z.object({
  v: z.literal(1),
  decisions: z.array(z.tuple([z.string(), Decision])),
})

/** The last set of decisions in the state directory; a reader sees a whole set or none. */
export class DecisionFile {
  readonly #directory: string
  readonly #path: string

  constructor(directory: string) {
    this.#directory = directory
    this.#path = join(directory, 'decisions.json')
  }

  /** An unreadable file is as good as none: the control stream has the same. */
  async read(): Promise<ReadonlyMap<string, Decision>> {
    try {
      return new Map(Remembered.parse(JSON.parse(await readFile(this.#path, 'utf8'))).decisions)
    } catch {
      return new Map()
    }
  }

  /** @throws RoadsteadError `disk-failed` or `disk-full`; the set before is still there then */
  async write(decisions: ReadonlyMap<string, Decision>): Promise<void> {
    const text = JSON.stringify({ v: 1, decisions: [...decisions] })
    const temporary = `${this.#path}.new`
    try {
      await mkdir(this.#directory, { recursive: true, mode: 0o700 })
      await using file = await open(temporary, 'w', 0o600)
      await file.writeFile(text)
      await file.sync()
      await rename(temporary, this.#path)
    } catch (error) {
      const isFull = error instanceof Error && 'code' in error && error.code === 'ENOSPC'
      const code = isFull ? 'disk-full' : 'disk-failed'
      throw new RoadsteadError(code, { path: this.#path }, { cause: error })
    }
  }
}
