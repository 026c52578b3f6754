import assert from 'node:assert/strict'
import { once } from 'node:events'
import net from 'node:net'
import { test } from 'node:test'
import { openBusRelay } from './bus-relay.ts'

test('a way that is cut ends what is open and lets nothing in until it is mended', async () => {
  const echo = net.createServer((socket) => socket.pipe(socket))
  echo.listen(0, '127.0.0.1')
  await once(echo, 'listening')
  const address = echo.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  await using relay = await openBusRelay(`nats://127.0.0.1:${port}`)

  const before = dial(relay.url)
  assert.equal(await said(before, 'hello'), 'hello')
  relay.cut()
  await once(before, 'close')
  const meanwhile = dial(relay.url)
  await once(meanwhile, 'close')
  assert.equal(meanwhile.bytesRead, 0)
  relay.mend()
  const after = dial(relay.url)
  assert.equal(await said(after, 'again'), 'again')

  after.destroy()
  echo.close()
})

function dial(url: string): net.Socket {
  const { hostname, port } = new URL(url)
  return net.connect(Number(port), hostname).on('error', () => undefined)
}

async function said(socket: net.Socket, text: string): Promise<string> {
  socket.write(text)
  const [chunk] = await once(socket, 'data')
  return String(chunk)
}
