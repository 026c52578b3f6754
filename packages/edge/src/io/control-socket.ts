import { open, type FileHandle } from 'node:fs/promises'
import { join } from 'node:path'
import type { RunningGeneration } from '../core/live/live-table.ts'
import { FILES } from '../core/nginx/main-file.ts'
import { exchange } from './exchange.ts'

/** The kernel's limit for the path of a socket is 107 bytes. */
const SOCKET_PATH_BYTES_MAX = 100

/** Asks the running nginx which generation it answers by, over a connection of its own each time. */
export class ControlSocket implements AsyncDisposable {
  readonly #path: string
  readonly #folder: FileHandle | undefined

  private constructor(path: string, folder: FileHandle | undefined) {
    this.#path = path
    this.#folder = folder
  }

  static async in(folder: string): Promise<ControlSocket> {
    const path = join(folder, FILES.socket)
    if (Buffer.byteLength(path) <= SOCKET_PATH_BYTES_MAX) return new ControlSocket(path, undefined)
    const handle = await open(folder, 'r')
    return new ControlSocket(`/proc/self/fd/${handle.fd}/${FILES.socket}`, handle)
  }

  get path(): string {
    return this.#path
  }

  /** What answers a fresh connection; undefined when nobody does. */
  async runs(): Promise<RunningGeneration | undefined> {
    const answer = await exchange({ path: this.#path }, 'GET / HTTP/1.0\r\n\r\n')
    const found = /\r\n\r\n([0-9a-f]{16})(?: ([0-9a-f]{16})?)?\s*$/.exec(answer)
    return found?.[1] === undefined ? undefined : { file: found[1], live: found[2] ?? '' }
  }

  /** The half of it that is in the file. */
  async generation(): Promise<string | undefined> {
    return (await this.runs())?.file
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#folder?.close()
  }
}
