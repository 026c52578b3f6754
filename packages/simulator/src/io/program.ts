import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'

export interface Place {
  readonly address: string
  readonly port: number
}

/**
 * What runs in a simulated container: an HTTP server that says who it is. It really listens, so
 * whatever is routed to it can be asked over the network.
 *
 * A place that cannot be bound (a low port without the right to it) stays closed, as a program that
 * failed to start would leave it.
 */
export class Program implements AsyncDisposable {
  readonly #servers: Server[] = []

  /** @param port 0 lets the system choose; resolves with the port, or undefined when it cannot be bound. */
  listen(place: Place, text: string): Promise<number | undefined> {
    const { promise, resolve } = Promise.withResolvers<number | undefined>()
    const server = createServer((request, response) => answer(request, response, text))
    server.once('error', () => resolve(undefined))
    server.listen(place.port, place.address, () => {
      this.#servers.push(server)
      const bound = server.address()
      resolve(typeof bound === 'object' && bound !== null ? bound.port : undefined)
    })
    return promise
  }

  /** As abrupt as the end of a process: open connections are cut. */
  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#servers.splice(0).map(close))
  }
}

function answer(request: IncomingMessage, response: ServerResponse, text: string): void {
  request.resume()
  response.writeHead(200, { 'content-type': 'text/plain; charset=utf-8' })
  response.end(`${text}RemoteAddr: ${request.socket.remoteAddress ?? ''}\n`)
}

async function close(server: Server): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  server.close(() => resolve())
  server.closeAllConnections()
  await promise
}
