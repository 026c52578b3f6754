/**
 * Requests that nobody answers, in a process of their own, and whoever does not answer them.
 * `node crowd-process.ts ENDPOINT_PORT PORT DOMAIN COUNT` takes connections on every address of the
 * machine, opens so many requests, and says `ready` when all have arrived.
 */
import net from 'node:net'

const [endpointPort = '0', port = '0', domain = '', count = '1'] = process.argv.slice(2)
/** More at a time would not fit into the queue of connections that nginx has not accepted. */
const OPENED_AT_ONCE = 200

let arrived = 0
net
  .createServer((socket) => {
    socket.on('error', () => undefined)
    socket.once('data', () => {
      arrived += 1
      if (arrived === Number(count)) process.stdout.write('ready\n')
      else if (arrived % OPENED_AT_ONCE === 0) open()
    })
  })
  .listen(Number(endpointPort), '0.0.0.0', open)

function open(): void {
  for (let each = 0; each < OPENED_AT_ONCE; each += 1) {
    const socket = net.connect(Number(port), '127.0.0.1')
    socket.on('error', () => process.exit(1))
    socket.write(`GET / HTTP/1.1\r\nHost: ${domain}\r\n\r\n`)
  }
}
