/**
 * A Docker Engine that is none, as a program: it hangs, floods whoever listens, or answers nonsense.
 *
 *   node bad-engine.ts SOCKET hangs|floods|lies
 */
import { randomBytes } from 'node:crypto'
import { createServer, type ServerResponse } from 'node:http'

const VERSION = { Version: '0.0.0', ApiVersion: '1.41', MinAPIVersion: '1.12' }
const INFO = { ID: 'bad', Name: 'bad', OperatingSystem: 'none', NCPU: 1, MemTotal: 1 }
/** As much at once as a socket takes before it says that it has enough. */
const LINES_AT_ONCE = 500

type Answer = (path: string, response: ServerResponse) => void

const ANSWERS: Readonly<Record<string, Answer>> = {
  hangs: () => undefined,
  floods: (path, response) => {
    if (path.startsWith('/events')) flood(response)
    else if (/^\/containers\/[0-9a-f]{64}\//.test(path)) json(response, {}, 404)
    else json(response, politely(path))
  },
  lies: (path, response) => {
    if (path.startsWith('/containers/json')) endlessly(response)
    else if (path.startsWith('/events')) response.write(`${'x'.repeat(5_000_000)}\n`)
    else json(response, politely(path))
  },
}

const [socket, kind = ''] = process.argv.slice(2)
const answer = ANSWERS[kind]
if (answer === undefined) throw new Error(`no such kind: ${kind}`)
createServer((request, response) => {
  const path = (request.url ?? '/').replace(/^\/v[0-9.]+/, '')
  answer(path, response)
}).listen(socket)

function politely(path: string): unknown {
  if (path.startsWith('/version')) return VERSION
  return path.startsWith('/info') ? INFO : []
}

/** Starts of containers that nobody has ever seen, without end. */
function flood(response: ServerResponse): void {
  const lines = Array.from({ length: LINES_AT_ONCE }, () => {
    const Actor = { ID: randomBytes(32).toString('hex'), Attributes: { name: 'flood' } }
    const timeNano = Date.now() * 1_000_000
    return `${JSON.stringify({ Type: 'container', Action: 'start', Actor, timeNano })}\n`
  })
  const text = lines.join('')
  endlessly(response, text)
}

/** A list that never comes to its end, unless it is told what to repeat. */
function endlessly(response: ServerResponse, text = `[${'{"Id":"'.repeat(10_000)}`): void {
  if (response.destroyed) return
  if (response.write(text)) setImmediate(() => endlessly(response, text))
  else response.once('drain', () => endlessly(response, text))
}

function json(response: ServerResponse, value: unknown, status = 200): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value))
}
