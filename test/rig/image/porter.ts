/**
 * A server that does what visitors expect of servers: events, large answers, large bodies, slow ones.
 * What it sends is the same for the same request, so whoever gets it can tell whether all of it came.
 */
import { createHash } from 'node:crypto'
import http from 'node:http'

const { NAME = 'nameless', PORT = '80' } = process.env
/** Longer than any proxy keeps a connection: closing first would race with its next request. */
const KEPT_MS = 75_000
const BLOCK = Buffer.from(Array.from({ length: 65_536 }, (_, at) => (at * 7) & 255))

type Errand = (request: http.IncomingMessage, response: http.ServerResponse, url: URL) => void

const errands: Readonly<Record<string, Errand>> = {
  bytes,
  digest,
  events,
  sleep,
  underway,
}
let requests = 0

http
  .createServer({ keepAliveTimeout: KEPT_MS }, (request, response) => {
    response.setHeader('x-container', NAME)
    response.setHeader('x-powered-by', 'porter')
    requests += 1
    response.on('close', () => (requests -= 1))
    const url = new URL(request.url ?? '/', 'http://porter')
    const errand = errands[url.pathname.split('/').at(-1) ?? ''] ?? echo
    errand(request, response, url)
  })
  .listen(Number(PORT), '0.0.0.0')
process.on('SIGTERM', () => process.exit(0))

/** What was asked for, as it arrived. */
function echo(request: http.IncomingMessage, response: http.ServerResponse): void {
  request.resume()
  const { headers, method, url } = request
  response.setHeader('content-type', 'application/json')
  // Long enough to be worth compressing.
  response.end(JSON.stringify({ by: NAME, headers, method, url, padding: ' '.repeat(2_000) }))
}

/** `?n=5&every=200`: so many events, so many milliseconds apart, each with the time of its sending. */
function events(_request: http.IncomingMessage, response: http.ServerResponse, url: URL): void {
  response.setHeader('content-type', 'text/event-stream')
  response.setHeader('cache-control', 'no-cache')
  let left = numberIn(url, 'n')
  const timer = setInterval(send, numberIn(url, 'every'))
  response.on('close', () => clearInterval(timer))
  send()

  function send(): void {
    left -= 1
    response.write(`data: ${Date.now()}\n\n`)
    if (left <= 0) {
      clearInterval(timer)
      response.end()
    }
  }
}

/** `?n=1000000`: so many bytes, and not more at a time than are taken. */
function bytes(_request: http.IncomingMessage, response: http.ServerResponse, url: URL): void {
  let left = numberIn(url, 'n')
  response.setHeader('content-length', left)
  response.on('drain', send)
  send()

  function send(): void {
    while (left > 0) {
      const block = left < BLOCK.length ? BLOCK.subarray(0, left) : BLOCK
      left -= block.length
      if (!response.write(block)) return
    }
    response.end()
  }
}

/** SHA-256 and length of the body. */
function digest(request: http.IncomingMessage, response: http.ServerResponse): void {
  const hash = createHash('sha256')
  let length = 0
  request.on('data', (part: Buffer) => {
    hash.update(part)
    length += part.length
  })
  request.on('end', () => response.end(`${length} ${hash.digest('hex')}`))
}

/** `?ms=500`: an answer after so long. */
function sleep(request: http.IncomingMessage, response: http.ServerResponse, url: URL): void {
  request.resume()
  setTimeout(() => response.end('slept'), numberIn(url, 'ms'))
}

/** How many others he is busy with. */
function underway(request: http.IncomingMessage, response: http.ServerResponse): void {
  request.resume()
  response.end(String(requests - 1))
}

function numberIn(url: URL, name: string): number {
  return Number(url.searchParams.get(name) ?? 0)
}
