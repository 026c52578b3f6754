import { randomBytes } from 'node:crypto'
import { createSocket, type Socket } from 'node:dgram'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Log } from '@roadstead/shared/kernel/log.ts'
import { FILES } from '../core/nginx/main-file.ts'
import { LINE_BYTES_MAX, readAccessLine } from '../core/requests/access-line.ts'
import { type Ended, tallyOf } from '../core/requests/counts.ts'
import type { RequestSource, Taken } from '../core/requests/source.ts'

/** Lines of one second: more than two processors of nginx can log. What is beyond is counted as lost. */
const LINES_MAX = 50_000

export interface AccessPlace {
  readonly port: number
  readonly tag: string
}

/**
 * The counts of the reload tier: nginx sends a line for each request to a port on the loopback. It does
 * not wait for anybody, so an edge that stands still costs counts and no visitor anything; what the
 * kernel had no room for is told as lost.
 */
export class AccessSocket implements RequestSource, AsyncDisposable {
  readonly place: AccessPlace
  readonly #socket: Socket
  readonly #log: Log
  #ended: Ended[] = []
  #lost = 0
  #drops = 0
  #strange = 0

  private constructor(place: AccessPlace, socket: Socket, log: Log) {
    this.place = place
    this.#socket = socket
    this.#log = log
    socket.on('message', (message) => this.#hear(message))
    socket.on('error', (error) => log.warn({ error: error.message }, 'access log not readable'))
  }

  /** On the port of the life before, or on another one when somebody has taken it. */
  static async in(folder: string, log: Log): Promise<AccessSocket | undefined> {
    const before = await readPlace(folder)
    const kept = before === undefined ? undefined : await bound(before.port)
    if (before !== undefined && kept !== undefined) return new AccessSocket(before, kept, log)
    const socket = await bound(0)
    if (socket === undefined) return undefined
    const tag = `rs${randomBytes(12).toString('hex')}`
    return new AccessSocket({ port: socket.address().port, tag }, socket, log)
  }

  async take(): Promise<Taken> {
    const drops = await dropsAt(this.place.port)
    // From here to the end nothing is waited for: lines that come meanwhile are in the next take.
    const taken = {
      tally: tallyOf(this.#ended),
      lost: this.#lost + Math.max(0, drops - this.#drops),
    }
    if (this.#strange > 0) {
      this.#log.warn({ datagrams: this.#strange }, 'strange lines at the access log')
    }
    this.#ended = []
    this.#lost = 0
    this.#strange = 0
    this.#drops = Math.max(this.#drops, drops)
    return taken
  }

  told(): void {
    // Nobody keeps what has been taken.
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#socket.close(resolve)
    await promise
  }

  #hear(message: Buffer): void {
    if (this.#ended.length >= LINES_MAX) {
      this.#lost += 1
      return
    }
    const isLong = message.length > LINE_BYTES_MAX
    const ended = isLong ? undefined : readAccessLine(message.toString('latin1'), this.place.tag)
    if (ended === undefined) this.#strange += 1
    else this.#ended.push(ended)
  }
}

/** nginx goes on sending there while we are away, so the next life finds it in the file of nginx. */
async function readPlace(folder: string): Promise<AccessPlace | undefined> {
  const text = await readFile(join(folder, FILES.access), 'utf8').catch(() => '')
  const found = /server=127\.0\.0\.1:(\d{1,5}),nohostname,tag=(rs[0-9a-f]{24}) /.exec(text)
  const [, port = '', tag = ''] = found ?? []
  return found === null ? undefined : { port: Number(port), tag }
}

/** Undefined when the port is somebody else's, or when there is no loopback. */
async function bound(port: number): Promise<Socket | undefined> {
  const socket = createSocket('udp4')
  const { promise, resolve } = Promise.withResolvers<boolean>()
  socket.once('error', () => resolve(false))
  socket.bind({ port, address: '127.0.0.1', exclusive: true }, () => resolve(true))
  if (!(await promise)) {
    socket.close()
    return undefined
  }
  socket.removeAllListeners('error')
  return socket
}

/** Datagrams for which the kernel had no room: the last column of its list of sockets. */
async function dropsAt(port: number): Promise<number> {
  const text = await readFile('/proc/net/udp', 'utf8').catch(() => '')
  const hex = port.toString(16).toUpperCase().padStart(4, '0')
  const line = text.split('\n').find((each) => each.includes(` 0100007F:${hex} 00000000:0000 `))
  return Number(line?.trim().split(/\s+/).at(-1) ?? 0)
}
