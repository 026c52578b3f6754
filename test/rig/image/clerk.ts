/**
 * A usual web server, run by the tests in a container. It says its NAME, echoes what comes over a
 * WebSocket, and writes the id of every POST into its BOOK before it answers: so a test can tell a
 * request that was lost from one that was done twice.
 *
 * Told to stop, it takes no more connections, finishes what is under way and ends. With STOP=at-once
 * it ends where it stands, as many programs do. WORK_MS: how long it thinks about each request.
 */
import { createHash } from 'node:crypto'
import { appendFileSync } from 'node:fs'
import http from 'node:http'
import type { Duplex } from 'node:stream'

const { NAME = 'nameless', PORT = '80', STOP = 'gently', BOOK = '', WORK_MS = '0' } = process.env
/** Longer than any proxy keeps a connection: closing first would race with its next request. */
const KEPT_MS = 75_000

const sockets = new Set<Duplex>()
const server = http.createServer({ keepAliveTimeout: KEPT_MS }, (request, response) => {
  let body = ''
  request.setEncoding('utf8').on('data', (text: string) => (body += text))
  request.on('end', () => {
    if (request.method === 'POST') note(body)
    const url = request.url ?? '/'
    response.statusCode = Number(/[?&]status=(\d{3})/.exec(url)?.[1] ?? 200)
    setTimeout(() => answer(response, body), thinkMs(url))
  })
})
server.on('upgrade', welcome)
server.listen(Number(PORT), '0.0.0.0')
process.on('SIGTERM', () => {
  if (STOP === 'at-once') process.exit(0)
  server.close(() => process.exit(0))
  for (const socket of sockets) socket.destroy()
})

function note(id: string): void {
  if (BOOK !== '') appendFileSync(BOOK, `${id}\n`)
}

function thinkMs(url: string): number {
  return Number(/[?&]ms=(\d+)/.exec(url)?.[1] ?? WORK_MS)
}

function answer(response: http.ServerResponse, body: string): void {
  response.setHeader('x-container', NAME)
  response.end(`container: ${NAME}\nid: ${body}\n`)
}

/** RFC 6455, as far as short messages of a friendly client need it. */
function welcome(request: http.IncomingMessage, socket: Duplex): void {
  const key = `${request.headers['sec-websocket-key'] ?? ''}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`
  const proof = createHash('sha1').update(key).digest('base64')
  const head = ['HTTP/1.1 101 Switching Protocols', 'Upgrade: websocket', 'Connection: Upgrade']
  socket.write([...head, `Sec-WebSocket-Accept: ${proof}`, '', ''].join('\r\n'))
  sockets.add(socket)
  socket.on('close', () => sockets.delete(socket))
  socket.on('error', () => socket.destroy())
  let rest: Buffer = Buffer.alloc(0)
  socket.on('data', (chunk: Buffer) => {
    rest = echoAll(socket, Buffer.concat([rest, chunk]))
  })
}

const HEAD_BYTES = 2
const MASK_BYTES = 4
const CLOSE = 0x8

/** Answers every whole frame, and returns what is left. */
function echoAll(socket: Duplex, bytes: Buffer): Buffer {
  let rest = bytes
  while (rest.length >= HEAD_BYTES) {
    const length = rest.readUInt8(1) & 0x7f
    const end = HEAD_BYTES + MASK_BYTES + length
    if (rest.length < end) break
    const mask = rest.subarray(HEAD_BYTES, HEAD_BYTES + MASK_BYTES)
    const text = rest.subarray(HEAD_BYTES + MASK_BYTES, end).map((byte, at) => byte ^ at4(mask, at))
    const first = rest.readUInt8(0)
    socket.write(Buffer.concat([Buffer.from([first, length]), text]))
    if ((first & 0xf) === CLOSE) socket.end()
    rest = rest.subarray(end)
  }
  return rest
}

function at4(mask: Buffer, at: number): number {
  return mask.readUInt8(at % MASK_BYTES)
}
