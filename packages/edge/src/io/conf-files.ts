import {
  copyFile,
  mkdir,
  open,
  readFile,
  rename,
  stat,
  truncate,
  writeFile,
} from 'node:fs/promises'
import { join } from 'node:path'
import type { Digest } from '@roadstead/shared/kernel/digest.ts'
import { unseal } from '../core/nginx/envelope.ts'
import { CANDIDATE, FILES } from '../core/nginx/main-file.ts'
import { syncFolder, writeWhole, type Written, written } from './write-whole.ts'

const LAST_GOOD = 'last-good.conf'
/** nginx writes an error line per failed request at worst; older lines are kept once. */
const LOG_BYTES_MAX = 16 * 1024 * 1024

/**
 * The files of our nginx: the routes it includes, the last ones it has been seen to answer by, and a
 * candidate that is tested beside them. Routes carry a checksum, so a damaged file is never served.
 */
export class ConfFiles {
  readonly folder: string
  readonly #digest: Digest
  #main = ''

  constructor(folder: string, digest: Digest) {
    this.folder = folder
    this.#digest = digest
  }

  /** Makes the folder and the files that stay; true when nginx would start from other ones before. */
  async prepare(main: string, candidateMain: string): Promise<boolean> {
    await mkdir(join(this.folder, 'temp'), { recursive: true, mode: 0o700 })
    this.#main = main
    const before = await this.#read(FILES.main)
    if (before !== main) await writeWhole(this.#path(FILES.main), main)
    await writeFile(this.#path(CANDIDATE.main), candidateMain, { mode: 0o600 })
    return before !== main
  }

  /**
   * Makes sure that there are routes to start from: those that were tested last, else the last good
   * ones, else `fallback`, which has none.
   */
  async ensureRoutes(fallback: string): Promise<'kept' | 'last-good' | 'fallback'> {
    if ((await this.generation()) !== undefined) return 'kept'
    const good = await this.#read(LAST_GOOD)
    if (good !== undefined && unseal(good, this.#digest) !== undefined) {
      await this.restoreGood()
      return 'last-good'
    }
    await writeWhole(this.#path(FILES.routes), fallback)
    return 'fallback'
  }

  /** Generation of the routes on disk; undefined when they are missing, cut or edited. */
  async generation(): Promise<string | undefined> {
    const text = await this.#read(FILES.routes)
    return text === undefined ? undefined : unseal(text, this.#digest)
  }

  /** Puts a text where nginx can test it. */
  async stage(text: string): Promise<Written> {
    return written(() => writeFile(this.#path(CANDIDATE.routes), text, { mode: 0o600 }))
  }

  /** Makes what was staged the file that nginx reads next. */
  async commit(): Promise<Written> {
    return written(async () => {
      await this.#sync(CANDIDATE.routes)
      await rename(this.#path(CANDIDATE.routes), this.#path(FILES.routes))
      await syncFolder(this.folder)
    })
  }

  /** Remembers the committed routes as good: nginx answers by them. */
  async keepAsGood(): Promise<Written> {
    return this.#copy(FILES.routes, LAST_GOOD)
  }

  async restoreGood(): Promise<Written> {
    return this.#copy(LAST_GOOD, FILES.routes)
  }

  /** Files that are no longer as we wrote them. */
  async editedFiles(generation: string | undefined): Promise<readonly string[]> {
    const edited: string[] = []
    if ((await this.#read(FILES.main)) !== this.#main) edited.push(FILES.main)
    if (generation !== undefined && (await this.generation()) !== generation)
      edited.push(FILES.routes)
    return edited
  }

  /** nginx appends to its log, so it can be cut while it runs. */
  async trimLog(): Promise<void> {
    const path = this.#path(FILES.log)
    const size = await stat(path).then(
      (found) => found.size,
      () => 0,
    )
    if (size < LOG_BYTES_MAX) return
    await copyFile(path, `${path}.1`)
    await truncate(path)
  }

  /** A copy and not a link: whoever edits one of the files must not edit both. */
  async #copy(from: string, to: string): Promise<Written> {
    const text = await this.#read(from)
    if (text === undefined) return { kind: 'disk-failed', detail: `${from} cannot be read` }
    return writeWhole(this.#path(to), text)
  }

  async #sync(name: string): Promise<void> {
    await using file = await open(this.#path(name), 'r+')
    await file.sync()
  }

  async #read(name: string): Promise<string | undefined> {
    return readFile(this.#path(name), 'utf8').catch(() => undefined)
  }

  #path(name: string): string {
    return join(this.folder, name)
  }
}
