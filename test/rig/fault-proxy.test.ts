import assert from 'node:assert/strict'
import { once } from 'node:events'
import net from 'node:net'
import { test } from 'node:test'
import { calm, eventually, throughout } from './eventually.ts'
import { FaultProxy } from './fault-proxy.ts'

/** Answers each line with its own name before it. */
async function echo(name: string) {
  const server = net.createServer((socket) => {
    socket.on('error', () => undefined)
    socket.on('data', (bytes) => socket.write(`${name}:${bytes.toString()}`))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  assert.ok(typeof address === 'object' && address !== null)
  return { port: address.port, [Symbol.dispose]: () => void server.close() }
}

async function visit(port: number) {
  const socket = net.connect(port, '127.0.0.1')
  await once(socket, 'connect')
  let heard = ''
  let error = ''
  socket.setEncoding('utf8').on('data', (text: string) => (heard += text))
  socket.on('error', (reason: NodeJS.ErrnoException) => (error = reason.code ?? ''))
  return {
    say: (text: string) => socket.write(text),
    heard: () => heard,
    error: () => error,
    [Symbol.dispose]: () => socket.destroy(),
  }
}

const soon = { withinMs: 2_000 }

test('bytes pass, and a new target is for new connections', async () => {
  using one = await echo('one')
  using two = await echo('two')
  await using proxy = await FaultProxy.to({ host: '127.0.0.1', port: one.port })
  using first = await visit(proxy.port)
  proxy.target = { host: '127.0.0.1', port: two.port }
  using second = await visit(proxy.port)
  first.say('a')
  second.say('b')
  await eventually(
    'both answer',
    () => first.heard() === 'one:a' && second.heard() === 'two:b',
    soon,
  )
})

test('a black hole keeps the connection and swallows what is said', async () => {
  using server = await echo('one')
  await using proxy = await FaultProxy.to({ host: '127.0.0.1', port: server.port })
  using visitor = await visit(proxy.port)
  proxy.blackHole = true
  visitor.say('lost')
  await throughout('silence', () => assert.equal(visitor.heard() + visitor.error(), ''), calm(100))
  proxy.blackHole = false
  visitor.say('b')
  await eventually('it answers again', () => visitor.heard() === 'one:b', soon)
})

test('a reset is seen as one, and latency delays', async () => {
  using server = await echo('one')
  await using proxy = await FaultProxy.to({ host: '127.0.0.1', port: server.port })
  using visitor = await visit(proxy.port)
  proxy.latencyMs = 60
  const beganMs = performance.now()
  visitor.say('x')
  await eventually('it answers late', () => visitor.heard() === 'one:x', soon)
  assert.ok(performance.now() - beganMs >= 120)
  proxy.reset()
  await eventually('it is reset', () => visitor.error() === 'ECONNRESET', soon)
})
