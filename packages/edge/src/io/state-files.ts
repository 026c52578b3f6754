import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { z } from 'zod'
import { RoadsteadError } from '@roadstead/shared/kernel/roadstead-error.ts'
import { PersistedCertificates, PersistedFence, PersistedTable } from '../core/persisted.ts'
import { writeWhole, type Written } from './write-whole.ts'

const FENCE_FILE = 'fence.json'
const TABLE_FILE = 'table.json'
const CERTIFICATES_FILE = 'certificates.json'

/** What this edge must remember over its own death, in its state directory. */
export class StateFiles {
  readonly #directory: string

  constructor(directory: string) {
    this.#directory = directory
  }

  /** @throws RoadsteadError `disk-failed` when there is a fence that cannot be read: a guess could
   *   let an old master in. */
  async readFence(): Promise<PersistedFence | undefined> {
    const path = join(this.#directory, FENCE_FILE)
    const text = await readIfThere(path)
    if (text === undefined) return undefined
    const fence = parse(PersistedFence, text)
    if (fence === undefined) throw new RoadsteadError('disk-failed', { path })
    return fence
  }

  /** Undefined also when it cannot be read: nginx serves from its own file, and a master tells again. */
  async readTable(): Promise<PersistedTable | undefined> {
    const text = await readIfThere(join(this.#directory, TABLE_FILE))
    return text === undefined ? undefined : parse(PersistedTable, text)
  }

  async writeFence(fence: PersistedFence): Promise<Written> {
    return writeWhole(join(this.#directory, FENCE_FILE), `${JSON.stringify(fence)}\n`)
  }

  /** Of the folder, as last served. Undefined also when it cannot be read: the folder is asked then. */
  async readCertificates(): Promise<PersistedCertificates | undefined> {
    const text = await readIfThere(join(this.#directory, CERTIFICATES_FILE))
    return text === undefined ? undefined : parse(PersistedCertificates, text)
  }

  async writeCertificates(certificates: PersistedCertificates): Promise<Written> {
    const path = join(this.#directory, CERTIFICATES_FILE)
    return writeWhole(path, `${JSON.stringify(certificates)}\n`)
  }

  /** In parts with a pause after each: a large table must not hold up the changes after it. */
  async writeTable(table: PersistedTable): Promise<Written> {
    return writeWhole(join(this.#directory, TABLE_FILE), partsOf(table))
  }
}

/** Services or routes in one part: less than a millisecond of work. */
const PART = 100

function* partsOf({ v, stamp, services, routes, streams }: PersistedTable): Iterable<string> {
  yield `{"v":${v},"stamp":${JSON.stringify(stamp)},"services":[`
  yield* listParts(services)
  yield '],"routes":['
  yield* listParts(routes)
  yield '],"streams":['
  yield* listParts(streams)
  yield ']}\n'
}

function* listParts(items: readonly unknown[]): Iterable<string> {
  for (let at = 0; at < items.length; at += PART) {
    const text = JSON.stringify(items.slice(at, at + PART)).slice(1, -1)
    yield at === 0 ? text : `,${text}`
  }
}

function parse<Schema extends z.ZodType>(
  schema: Schema,
  text: string,
): z.output<Schema> | undefined {
  try {
    return schema.safeParse(JSON.parse(text)).data
  } catch {
    return undefined
  }
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw new RoadsteadError('disk-failed', { path }, { cause: error })
  }
}
