import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { z } from 'zod'
import { eventLine, nanosOf, parseFilter, passes } from './core/event-ring.ts'
import type { Faults } from './faults.ts'
import { Problem } from './problem.ts'
import { API_VERSION, type Answer, answer, type Call, type RouteDeps } from './routes.ts'

/** A create request is a few kilobytes; this is a test tool and not a door to the world. */
const BODY_BYTES_MAX = 1024 * 1024

/** The engine's HTTP side on a unix socket, with its faults. */
export class EngineServer implements AsyncDisposable {
  readonly #deps: RouteDeps
  readonly #server: Server
  readonly #streams = new Set<ServerResponse>()

  private constructor(deps: RouteDeps) {
    this.#deps = deps
    this.#server = createServer((request, response) => void this.#serve(request, response))
    this.#server.on('connection', (socket) => {
      if (deps.faults.refuse) socket.destroy()
    })
    // A stopped engine keeps its clients waiting and not the process that simulates it.
    this.#server.keepAliveTimeout = 60_000
  }

  static async listen(deps: RouteDeps, socketPath: string): Promise<EngineServer> {
    const made = new EngineServer(deps)
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    made.#server.once('error', reject)
    made.#server.listen(socketPath, () => resolve())
    await promise
    return made
  }

  /** Ends every event stream, as a restart of the engine does. */
  closeStreams(): void {
    for (const stream of this.#streams) stream.destroy()
  }

  /** Cuts every connection, open requests included. */
  closeConnections(): void {
    this.#server.closeAllConnections()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#server.close(() => resolve())
    this.#server.closeAllConnections()
    await promise
  }

  /** Never rejects: what goes wrong is an answer. */
  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { faults } = this.#deps
    response.setHeader('Api-Version', API_VERSION)
    response.setHeader('Ostype', 'linux')
    try {
      const call = await parseCall(request)
      if (isHit(faults.hang, call)) return
      if (isHit(faults.fail, call)) throw new Problem(500, 'simulated failure')
      if (call.method === 'GET' && call.path === '/events') this.#stream(call, faults, response)
      else send(response, await answer(this.#deps, call))
    } catch (error) {
      const status = error instanceof Problem ? error.status : 500
      const message = error instanceof Error ? error.message : String(error)
      send(response, { status, body: { message } })
    }
  }

  #stream({ query }: Call, faults: Faults, response: ServerResponse): void {
    const filter = parseFilter(query.get('filters'))
    const until = nanosOf(query.get('until'))
    response.writeHead(200, { 'content-type': 'application/json' })
    response.flushHeaders()
    const subscription = this.#deps.store.events.subscribe(nanosOf(query.get('since')), (event) => {
      const isLost = faults.dropEvents || faults.hang === ''
      if (!isLost && passes(filter, event)) response.write(eventLine(event))
    })
    this.#streams.add(response)
    response.once('close', () => {
      subscription[Symbol.dispose]()
      this.#streams.delete(response)
    })
    if (until !== undefined) response.end()
  }
}

async function parseCall(request: IncomingMessage): Promise<Call> {
  const url = new URL(request.url ?? '/', 'http://engine')
  return {
    method: request.method ?? 'GET',
    path: url.pathname.replace(/^\/v[0-9]+\.[0-9]+(?=\/)/, ''),
    query: url.searchParams,
    ...(await readBody(request)),
  }
}

async function readBody(request: IncomingMessage): Promise<Pick<Call, 'body' | 'bytes'>> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of request) {
    const part = z.instanceof(Buffer).parse(chunk)
    bytes += part.length
    if (bytes > BODY_BYTES_MAX) throw new Problem(413, 'body too large')
    chunks.push(part)
  }
  // An image comes as an archive, which nobody looks into.
  const isJson = request.headers['content-type']?.includes('json') ?? true
  const text = isJson ? Buffer.concat(chunks).toString() : ''
  try {
    return { bytes, body: text === '' ? {} : JSON.parse(text) }
  } catch {
    throw new Problem(400, 'the body is not JSON')
  }
}

/** What Docker has not is never hit, or nobody could end a fault from outside. */
function isHit(fault: string | undefined, call: Call): boolean {
  return fault !== undefined && call.path.includes(fault) && !call.path.startsWith('/simulated/')
}

function send(response: ServerResponse, { status, body, later }: Answer): void {
  if (later !== undefined) {
    response.writeHead(status, { 'content-type': 'application/json' })
    response.flushHeaders()
    void later.then((it) => response.end(`${JSON.stringify(it)}\n`))
    return
  }
  if (body === undefined) {
    response.writeHead(status).end()
    return
  }
  const isText = typeof body === 'string'
  response.writeHead(status, { 'content-type': isText ? 'text/plain' : 'application/json' })
  response.end(isText ? body : `${JSON.stringify(body)}\n`)
}
