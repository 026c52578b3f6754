import { connect, type Socket } from 'node:net'
import type { Edge } from './parts.ts'

/** `header`, `body`: sends a byte now and then and never all. `reader`: takes nothing of a large answer. */
export type Slowness = 'header' | 'body' | 'reader'

const BYTE_EVERY_MS = 400
const LARGE = 64 * 1_024 * 1_024

/** Clients of one kind, who take up connections and nothing else, until nginx has had enough of them. */
export class SlowClients implements Disposable {
  readonly #sockets: Socket[] = []
  #ended = 0

  static async open(
    edge: Edge,
    domain: string,
    kind: Slowness,
    count: number,
  ): Promise<SlowClients> {
    const clients = new SlowClients()
    const opening = Array.from({ length: count }, () => clients.#add(edge, domain, kind))
    await Promise.all(opening)
    return clients
  }

  /** How many nginx, or whoever, has ended. */
  get ended(): number {
    return this.#ended
  }

  [Symbol.dispose](): void {
    for (const socket of this.#sockets) socket.destroy()
  }

  async #add({ httpPort }: Edge, domain: string, kind: Slowness): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const socket = connect(httpPort, '127.0.0.1', resolve)
    socket.once('error', reject)
    this.#sockets.push(socket)
    await promise
    socket.on('error', () => socket.destroy())
    socket.write(beginning(kind, domain))
    if (kind === 'reader') socket.pause()
    else socket.resume()
    const timer = setInterval(() => kind !== 'reader' && socket.write('x'), BYTE_EVERY_MS)
    socket.on('close', () => {
      clearInterval(timer)
      this.#ended += 1
    })
  }
}

function beginning(kind: Slowness, domain: string): string {
  const host = `Host: ${domain}\r\n`
  switch (kind) {
    case 'header':
      return `GET / HTTP/1.1\r\n${host}X-Slow: `
    case 'body':
      return `POST /digest HTTP/1.1\r\n${host}Content-Length: ${LARGE}\r\n\r\n`
    case 'reader':
      return `GET /bytes?n=${LARGE} HTTP/1.1\r\n${host}\r\n`
  }
}
