import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Digest } from '@roadstead/shared/kernel/digest.ts'
import { CANDIDATE, FILES } from '../core/nginx/main-file.ts'
import { streamFile, streamsIn, trialFile } from '../core/streams/stream-file.ts'
import { isMarked } from '../core/streams/stream-mark.ts'
import { writeWhole, written, type Written } from './write-whole.ts'

const LAST_GOOD = 'last-good-streams.conf'

/**
 * The file of the streams, beside that of the routes and always changed before it: the routes name the
 * streams that they were tested with. Where nothing changes, nothing is written.
 */
export class StreamFile {
  readonly #folder: string
  readonly #digest: Digest
  #staged = ''

  constructor(folder: string, digest: Digest) {
    this.#folder = folder
    this.#digest = digest
  }

  async stage(body: string): Promise<Written> {
    this.#staged = body
    const text = trialFile(body)
    if ((await this.#read(CANDIDATE.streams)) === text) return { kind: 'written' }
    return written(() => writeFile(this.#path(CANDIDATE.streams), text, { mode: 0o600 }))
  }

  async commit(): Promise<Written> {
    return this.#put(FILES.streams, streamFile(this.#staged))
  }

  async keepAsGood(): Promise<Written> {
    const text = await this.#read(FILES.streams)
    return text === undefined ? { kind: 'written' } : this.#put(LAST_GOOD, text)
  }

  async restoreGood(): Promise<Written> {
    return this.#put(FILES.streams, (await this.#read(LAST_GOOD)) ?? streamFile(''))
  }

  /** Whether the streams on the disk are those that the routes were written with. */
  async fits(routes: string): Promise<boolean> {
    const text = await this.#read(FILES.streams)
    const body = text === undefined ? undefined : streamsIn(text)
    return body !== undefined && isMarked(routes, body, this.#digest)
  }

  /** No streams from here on. */
  async empty(): Promise<Written> {
    await this.#put(CANDIDATE.streams, streamFile(''))
    return this.#put(FILES.streams, streamFile(''))
  }

  async #put(name: string, text: string): Promise<Written> {
    if ((await this.#read(name)) === text) return { kind: 'written' }
    return writeWhole(this.#path(name), text)
  }

  async #read(name: string): Promise<string | undefined> {
    return readFile(this.#path(name), 'utf8').catch(() => undefined)
  }

  #path(name: string): string {
    return join(this.#folder, name)
  }
}
