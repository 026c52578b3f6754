/**
 * Visitors in a process of their own, so that what a benchmark computes is not taken for what nginx takes.
 * `node visitor-process.ts PORT DOMAIN CONNECTIONS` visits until it is told to stop, over connections that
 * it keeps, and then prints what it met. Nobody waits between two requests.
 */
import net from 'node:net'

const [port = '0', domain = '', connections = '1'] = process.argv.slice(2)
const REQUEST = `GET / HTTP/1.1\r\nHost: ${domain}\r\n\r\n`
/** Enough for a rank; more would only be sorted. */
const SAMPLES_MAX = 200_000

const tookMs: number[] = []
const slow: { atMs: number; tookMs: number }[] = []
const SLOW_MS = 5
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
    const took = performance.now() - beganMs
    // nginx ends a connection after a thousand requests, and says so in the last answer.
    const isLast = answer.includes('Connection: close')
    answer = ''
    if (tookMs.length < SAMPLES_MAX) tookMs.push(took)
    if (took > SLOW_MS) slow.push({ atMs: performance.timeOrigin + beganMs, tookMs: took })
    if (isLast) socket.destroy()
    else next()
  })
  socket.on('error', () => {
    failed += 1
  })
  socket.on('close', visit)
}

for (let each = 0; each < Number(connections); each += 1) visit()
process.stdout.write('ready\n')
process.on('SIGTERM', () => {
  const sorted = tookMs.toSorted((a, b) => a - b)
  const rank = (share: number): number =>
    Math.round((sorted[Math.ceil(share * sorted.length) - 1] ?? 0) * 100) / 100
  const figures = {
    requests: tookMs.length,
    failed,
    p50: rank(0.5),
    p99: rank(0.99),
    p999: rank(0.999),
    slowestMs: rank(1),
    over5Ms: slow.length,
  }
  process.stdout.write(`${JSON.stringify(figures)}\n`, () => process.exit(0))
})
