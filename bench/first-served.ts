import net from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import type { EdgeTier } from '../test/rig/rig.ts'
import { wallMs } from './federation.ts'

const TRIES_MAX = 20_000
const VISIT_MS_MAX = 1_000
/** Twice as many as nginx has workers here, so that each of them is likely to be asked. */
const KEPT_OPEN = 4
const VISITS_MAX = 8
/**
 * Visitors, nginx and the containers that answer share two processors with all that is measured. A
 * visit of the first kind takes 0.1 ms of one, of the second kind six times as much.
 */
const ASK_EVERY_MS = { live: 1, reload: 2 } as const

/** Visitors of one domain who go on until one container has answered. */
export interface Visitors extends Disposable {
  /** When it first answered, in wall-clock time. */
  firstServedMs(): Promise<number>
}

/**
 * Nobody waits for an answer to somebody else: how long a visit takes would add to what is measured,
 * and where endpoints take turns it would add as often as another one's turn comes first. In the live
 * tier visitors keep their connections, since there a change must reach them, too; a reload reaches
 * only those who come anew.
 */
export function visitors(tier: EdgeTier, port: number, domain: string, name: string): Visitors {
  const served = Promise.withResolvers<number>()
  const wanted = `container: ${name}\n`
  const request = `GET / HTTP/1.1\r\nhost: ${domain}\r\n`
  const see = (text: string): void => {
    if (text.includes(wanted)) served.resolve(wallMs())
  }
  const crowd =
    tier === 'live'
      ? new Regulars(port, `${request}\r\n`, see)
      : new Strangers(port, `${request}connection: close\r\n\r\n`, see)
  return {
    async firstServedMs() {
      for (let tries = 0; tries < TRIES_MAX; tries++) {
        crowd.visit()
        // Asking without a pause would take a whole processor from those who are to be measured.
        const servedMs = await Promise.race([served.promise, sleep(ASK_EVERY_MS[tier], undefined)])
        if (servedMs !== undefined) return servedMs
      }
      throw new Error(`${name} never answered for ${domain}`)
    },
    [Symbol.dispose]: () => crowd.leave(),
  }
}

type See = (text: string) => void

/** Requests by hand: what a client of Node's adds costs more than what it is to measure. */
function connect(port: number, see: See): net.Socket {
  const socket = net.connect(port, '127.0.0.1')
  socket.setEncoding('latin1').setNoDelay(true)
  socket.on('error', () => undefined)
  let text = ''
  socket.on('data', (part: string) => {
    text = text.slice(-ANSWER_CHARS_KEPT) + part
    see(text)
  })
  return socket
}

/** An answer may come in pieces. */
const ANSWER_CHARS_KEPT = 1_024

/** They come before anything happens, and ask in turn; who waits for an answer is passed over. */
class Regulars {
  readonly #request: string
  readonly #sockets: net.Socket[]
  readonly #waiting = new Set<net.Socket>()
  #turn = 0

  constructor(port: number, request: string, see: See) {
    this.#request = request
    this.#sockets = Array.from({ length: KEPT_OPEN }, () => {
      const socket = connect(port, see)
      socket.on('data', () => this.#waiting.delete(socket))
      return socket
    })
  }

  visit(): void {
    for (let passed = 0; passed < KEPT_OPEN; passed++) {
      this.#turn = (this.#turn + 1) % KEPT_OPEN
      const socket = this.#sockets[this.#turn]
      if (socket === undefined || this.#waiting.has(socket)) continue
      this.#waiting.add(socket)
      socket.write(this.#request)
      return
    }
  }

  leave(): void {
    for (const socket of this.#sockets) socket.destroy()
  }
}

/** Each comes once. */
class Strangers {
  readonly #port: number
  readonly #request: string
  readonly #see: See
  readonly #open = new Set<net.Socket>()

  constructor(port: number, request: string, see: See) {
    this.#port = port
    this.#request = request
    this.#see = see
  }

  visit(): void {
    if (this.#open.size >= VISITS_MAX) return
    const socket = connect(this.#port, this.#see)
    socket.setTimeout(VISIT_MS_MAX, () => socket.destroy())
    socket.on('close', () => this.#open.delete(socket))
    this.#open.add(socket)
    socket.write(this.#request)
  }

  leave(): void {
    for (const socket of this.#open) socket.destroy()
  }
}
