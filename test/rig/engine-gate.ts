import { once } from 'node:events'
import http from 'node:http'

/**
 * Stands before an engine's socket and can hold back one kind of answer, after the engine gave it: so
 * a test can let something happen in the very moment between an answer and its arrival.
 */
export class EngineGate implements AsyncDisposable {
  readonly socket: string
  readonly #engine: string
  readonly #server: http.Server
  #held:
    | { readonly path: RegExp; readonly seen: () => void; readonly released: Promise<void> }
    | undefined

  private constructor(socket: string, engine: string) {
    this.socket = socket
    this.#engine = engine
    this.#server = http.createServer((request, response) => void this.#pass(request, response))
  }

  static async before(engine: string, socket: string): Promise<EngineGate> {
    const gate = new EngineGate(socket, engine)
    gate.#server.listen(socket)
    await once(gate.#server, 'listening')
    return gate
  }

  /** Holds the next answers to requests for this path. `seen` resolves when the first is held. */
  hold(path: RegExp): { readonly seen: Promise<void>; readonly release: () => void } {
    const seen = Promise.withResolvers<void>()
    const released = Promise.withResolvers<void>()
    this.#held = { path, seen: seen.resolve, released: released.promise }
    return {
      seen: seen.promise,
      release: () => {
        this.#held = undefined
        released.resolve()
      },
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = once(this.#server, 'close')
    this.#server.close()
    this.#server.closeAllConnections()
    await closed
  }

  async #pass(request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
    const { method, url = '/', headers } = request
    const call = http.request({ socketPath: this.#engine, method, path: url, headers })
    call.on('error', () => response.destroy())
    response.on('close', () => call.destroy())
    request.pipe(call)
    const answers = once(call, 'response').catch(() => undefined)
    const [answer] = ((await answers) ?? []) as [http.IncomingMessage?]
    if (answer === undefined) return
    const held = this.#held
    if (held?.path.test(url) === true) {
      held.seen()
      await held.released
    }
    response.writeHead(answer.statusCode ?? 502, answer.headers)
    response.flushHeaders()
    answer.pipe(response)
    answer.on('error', () => response.destroy())
  }
}
