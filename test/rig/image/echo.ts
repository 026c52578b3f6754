/**
 * A server of few words, run by the tests in a container: it says its NAME and what it heard, over
 * TCP and over UDP. Told to stop, it ends at once, with all its connections.
 */
import { createSocket } from 'node:dgram'
import { createServer } from 'node:net'

const { NAME = 'nameless', PORT = '80' } = process.env

const server = createServer((socket) => {
  socket.on('error', () => socket.destroy())
  socket.on('data', (bytes) => socket.write(`${NAME} ${bytes.toString()}`))
})
server.listen(Number(PORT), '0.0.0.0')

const datagrams = createSocket('udp4')
datagrams.on('message', (bytes, from) => {
  datagrams.send(`${NAME} ${bytes.toString()}`, from.port, from.address)
})
datagrams.bind(Number(PORT), '0.0.0.0')

process.on('SIGTERM', () => process.exit(0))
