import http from 'node:http'
import type { Socket } from 'node:net'
import type { Visit } from './visitor.ts'

const ANSWER_MS_MAX = 10_000
/** Nginx takes them as fast as they come; its queue for new ones is not endless. */
const OPENED_AT_ONCE = 50

/**
 * Visitors with a WebSocket open, who say something now and then and want to hear it again. Frames are
 * made by hand: a thousand sockets are to cost this process little.
 */
export class WebSockets implements Disposable {
  readonly #open: OpenSocket[]

  private constructor(open: OpenSocket[]) {
    this.#open = open
  }

  static async open(visit: Visit, count: number): Promise<WebSockets> {
    const all: OpenSocket[] = []
    while (all.length < count) {
      const batch = Math.min(OPENED_AT_ONCE, count - all.length)
      all.push(...(await Promise.all(Array.from({ length: batch }, () => upgrade(visit)))))
    }
    return new WebSockets(all)
  }

  /** How many are still open, and how long the slowest took to say it back. */
  async echo(text: string): Promise<{ readonly alive: number; readonly slowestMs: number }> {
    const beganMs = performance.now()
    const heard = await Promise.all(this.#open.map((each) => each.echoes(text)))
    return {
      alive: heard.filter(Boolean).length,
      slowestMs: Math.round(performance.now() - beganMs),
    }
  }

  [Symbol.dispose](): void {
    for (const each of this.#open) each.close()
  }
}

class OpenSocket {
  readonly #socket: Socket
  #heard = ''
  #closed = false
  #listener: (() => void) | undefined

  constructor(socket: Socket) {
    this.#socket = socket
    socket.on('data', (chunk: Buffer) => {
      this.#heard += chunk.toString('latin1')
      this.#listener?.()
    })
    socket.on('error', () => socket.destroy())
    socket.on('close', () => {
      this.#closed = true
      this.#listener?.()
    })
  }

  echoes(text: string): Promise<boolean> {
    const { promise, resolve } = Promise.withResolvers<boolean>()
    this.#heard = ''
    const timer = setTimeout(() => resolve(false), ANSWER_MS_MAX)
    this.#listener = () => {
      if (this.#heard.includes(text)) resolve(true)
      else if (this.#closed) resolve(false)
    }
    this.#listener()
    this.#socket.write(frame(text))
    return promise.finally(() => {
      clearTimeout(timer)
      this.#listener = undefined
    })
  }

  close(): void {
    this.#socket.destroy()
  }
}

const KEY = Buffer.alloc(16).toString('base64')

function upgrade({ host, port, domain, path = '/' }: Visit): Promise<OpenSocket> {
  const { promise, resolve, reject } = Promise.withResolvers<OpenSocket>()
  const headers = {
    host: domain,
    connection: 'Upgrade',
    upgrade: 'websocket',
    'sec-websocket-key': KEY,
    'sec-websocket-version': '13',
  }
  const request = http.request({ host, port, path, headers, agent: false })
  request.setTimeout(ANSWER_MS_MAX, () => request.destroy(new Error('no answer')))
  request.on('upgrade', (_response, socket: Socket) => {
    socket.setTimeout(0)
    resolve(new OpenSocket(socket))
  })
  request.on('response', (response) => {
    reject(new Error(`the WebSocket was answered by status ${response.statusCode}`))
    response.resume()
  })
  request.on('error', reject)
  request.end()
  return promise
}

/** One text frame of a client; the mask is all zeros, so the text stays what it is. */
function frame(text: string): Buffer {
  const bytes = Buffer.from(text, 'latin1')
  const head = Buffer.from([0x81, 0x80 | bytes.length, 0, 0, 0, 0])
  return Buffer.concat([head, bytes])
}
