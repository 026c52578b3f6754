/**
 * Visitors in a process of their own, so that what a benchmark computes is not taken for what nginx takes.
 * `node visitor-process.ts PORT DOMAIN CONNECTIONS FILE` visits over connections that it keeps until it is
 * told to stop, and then writes when each visit began and how long it took. Between two visits over a
 * connection it waits a little: visitors who want all that a processor has would measure one another.
 */
import { writeFileSync } from 'node:fs'
import net from 'node:net'

const [port = '0', domain = '', connections = '1', file = ''] = process.argv.slice(2)
const REQUEST = `GET / HTTP/1.1\r\nHost: ${domain}\r\n\r\n`
const PAUSE_MS = 1
/** Enough for some minutes. */
const VISITS_MAX = 1_000_000

const visits: [atMs: number, tookMs: number][] = []
let failed = 0

function visit(): void {
  const socket = net.connect(Number(port), '127.0.0.1')
  socket.setNoDelay(true)
  let beganMs = 0
  const next = (): void => {
    beganMs = performance.now()
    socket.write(REQUEST)
  }
  socket.on('connect', next)
  let answer = ''
  socket.setEncoding('latin1')
  socket.on('data', (chunk: string) => {
    answer += chunk
    if (answer.includes('\r\n\r\n') && !answer.startsWith('HTTP/1.1 200')) {
      failed += 1
      socket.destroy()
    }
    // What an endpoint answers ends like this, and the head of an answer does not.
    if (!answer.endsWith('x\n')) return
    const tookMs = performance.now() - beganMs
    // nginx ends a connection after a thousand requests, and says so in the last answer.
    const isLast = answer.includes('Connection: close')
    answer = ''
    if (visits.length < VISITS_MAX) visits.push([performance.timeOrigin + beganMs, tookMs])
    if (isLast) socket.destroy()
    else setTimeout(next, PAUSE_MS)
  })
  socket.on('error', () => {
    failed += 1
  })
  socket.on('close', visit)
}

for (let each = 0; each < Number(connections); each += 1) visit()
process.stdout.write('ready\n')
process.on('SIGTERM', () => {
  writeFileSync(file, JSON.stringify({ visits, failed }))
  process.exit(0)
})
