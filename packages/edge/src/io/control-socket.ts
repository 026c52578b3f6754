import { open, type FileHandle } from 'node:fs/promises'
import { connect } from 'node:net'
import { join } from 'node:path'
import { FILES } from '../core/nginx/main-file.ts'

/** A nginx that takes longer to answer one line is not serving visitors either. */
const ANSWER_MS = 1_000
/** The kernel's limit for the path of a socket is 107 bytes. */
const SOCKET_PATH_BYTES_MAX = 100
const ANSWER_BYTES_MAX = 4_096

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

  /** Undefined when nobody answers. */
  async generation(): Promise<string | undefined> {
    const answer = await exchange(this.#path)
    return /\r\n\r\n([0-9a-f]{16})$/.exec(answer)?.[1]
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#folder?.close()
  }
}

function exchange(path: string): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>()
  let answer = ''
  const socket = connect(path, () => socket.write('GET / HTTP/1.0\r\n\r\n'))
  socket.setEncoding('latin1')
  socket.setTimeout(ANSWER_MS, () => socket.destroy())
  socket.on('data', (chunk: string) => {
    answer += chunk
    if (answer.length > ANSWER_BYTES_MAX) socket.destroy()
  })
  socket.on('error', () => undefined)
  socket.on('close', () => resolve(answer))
  return promise
}
