import assert from 'node:assert/strict'
import { once } from 'node:events'
import http from 'node:http'
import { test } from 'node:test'
import { eventually } from './eventually.ts'
import { Visitor } from './visitor.ts'

async function site(answer: http.RequestListener) {
  const server = http.createServer(answer)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  assert.ok(typeof address === 'object' && address !== null)
  let connections = 0
  server.on('connection', () => (connections += 1))
  return {
    visit: { host: '127.0.0.1', port: address.port, domain: 'shop.example' },
    connections: () => connections,
    async [Symbol.asyncDispose]() {
      server.close()
      server.closeAllConnections()
      await once(server, 'close')
    },
  }
}

const soon = { withinMs: 5_000 }

test('visitor A opens a connection for each request, visitor B keeps his', async () => {
  const methods = new Set<string>()
  await using one = await site((request, response) => {
    methods.add(`${request.method} ${request.headers.host}`)
    response.setHeader('x-container', 'web').end()
  })
  const a = Visitor.a(one.visit)
  await eventually('visits', () => a.report().requests >= 10, soon)
  const reportA = await a.leave()
  assert.equal(one.connections(), reportA.requests)
  const b = Visitor.b(one.visit)
  await eventually('visits', () => b.report().requests >= 10, soon)
  const reportB = await b.leave()
  assert.ok(one.connections() - reportA.requests <= 2)
  assert.deepEqual([...methods].sort(), ['GET shop.example', 'POST shop.example'])
  assert.deepEqual(reportB.failures, {})
  assert.deepEqual(reportB.answers, { web: reportB.requests })
})

test('every failure is counted by its kind, and so is the wrong container', async () => {
  let visits = 0
  await using one = await site((request, response) => {
    visits += 1
    if (visits === 1) request.socket.destroy()
    else if (visits === 2) response.writeHead(502).end()
    else response.setHeader('x-container', visits === 3 ? 'other' : 'web').end()
  })
  const visitor = Visitor.a({ ...one.visit, by: () => ['web'] })
  await eventually('visits', () => visitor.report().requests >= 6, soon)
  const { failures } = await visitor.leave()
  assert.deepEqual(failures, { ECONNRESET: 1, 'status 502': 1, 'answered by other': 1 })
})
