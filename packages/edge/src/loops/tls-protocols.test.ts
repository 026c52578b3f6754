import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import type http from 'node:http'
import http2 from 'node:http2'
import { after, before, describe, test } from 'node:test'
import type { Duplex } from 'node:stream'
import tls from 'node:tls'
import { Bench, type BenchTier, inTempFolder, TIERS, webServer } from '../testing/bench.ts'
import { Authority, putPair } from '../testing/certificates.ts'
import { endpoint, route, service, table } from '../testing/tables.ts'
import { request, TlsVisitor } from '../testing/tls-visitor.ts'

const authority = new Authority()
/** More than any buffer of nginx, in either direction. */
const BODY_BYTES = 8 * 1024 * 1024

/** What is spoken inside of TLS, through a real nginx in both tiers. */
for (const tier of TIERS) describe(`${tier} tier`, () => protocols(tier))

function protocols(tier: BenchTier): void {
  const stack = new AsyncDisposableStack()
  let bench: Bench
  let visitor: TlsVisitor

  before(async () => {
    const { path: certificates } = stack.use(await inTempFolder())
    await putPair(certificates, 'all', authority.pair(['*.a.test']))
    bench = stack.use(await Bench.start({ tier, certificates }))
    visitor = new TlsVisitor(bench.tlsPort, authority.certificate)
    const web = stack.use(await webServer('web', measure))
    web.server.on('upgrade', echoForever)
    const calls = http2.createServer(answerCall)
    stack.defer(() => void calls.close())
    const port = await listening(calls)
    const services = [
      service('web', endpoint(web.port)),
      { ...service('calls', endpoint(port)), scheme: 'grpc' as const },
    ]
    const routes = [route('web.a.test', 'web'), route('calls.a.test', 'calls')]
    await bench.apply(table(services, routes))
    assert.deepEqual([bench.state.outcome.kind, ...bench.state.quarantine], ['applied'])
  })
  after(() => stack.disposeAsync())

  test('a call over gRPC arrives with its body, and its trailers come back', async () => {
    using session = opened('calls.a.test')
    const { status, body, trailers } = await request(
      session.client,
      call('/shop.Cart/Add'),
      'hello',
    )
    assert.deepEqual([status, body, trailers['grpc-status']], [200, 'said hello', '0'])
  })

  test('messages of a stream go both ways while it is open', async () => {
    using session = opened('calls.a.test')
    const stream = session.client.request(call('/shop.Cart/Watch'))
    const heard: string[] = []
    stream.setEncoding('utf8')
    const next = () => {
      const { promise, resolve, reject } = Promise.withResolvers<void>()
      stream.once('error', reject)
      stream.once('data', (part: string) => {
        heard.push(part)
        resolve()
      })
      return promise
    }
    for (const word of ['one', 'two', 'three']) {
      const answered = next()
      stream.write(word)
      await answered
    }
    assert.deepEqual(heard, ['said one', 'said two', 'said three'])
    stream.close()
  })

  test('a WebSocket passes, in both directions', async () => {
    const socket = tls.connect({
      host: '127.0.0.1',
      port: bench.tlsPort,
      servername: 'web.a.test',
      ca: authority.certificate,
      ALPNProtocols: ['http/1.1'],
    })
    const lines = ['GET /socket HTTP/1.1', 'Host: web.a.test', 'Connection: Upgrade']
    socket.write([...lines, 'Upgrade: websocket', '', ''].join('\r\n'))
    let heard = ''
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    socket.on('error', reject)
    socket.on('data', (part) => {
      heard += part.toString('latin1')
      if (heard.endsWith('\r\n\r\n')) socket.write('ping')
      if (heard.endsWith('echo ping')) resolve()
    })
    await promise
    assert.match(heard, /^HTTP\/1\.1 101 /)
    socket.destroy()
  })

  test('a large body goes up and another one comes down, over one connection', async () => {
    using session = opened('web.a.test')
    const text = 'x'.repeat(BODY_BYTES)
    const post = { ':method': 'POST', ':path': '/' }
    const [up, down] = await Promise.all([
      request(session.client, post, text),
      request(session.client, { ':path': '/large' }),
    ])
    assert.equal(up.body, createHash('sha256').update(text).digest('hex'))
    assert.equal(down.body.length, BODY_BYTES)
  })

  function opened(name: string) {
    const client = visitor.open(name)
    return { client, [Symbol.dispose]: () => client.destroy() }
  }

  async function listening(server: http2.Http2Server): Promise<number> {
    const { promise, resolve } = Promise.withResolvers<void>()
    server.listen(0, '127.0.0.1', resolve)
    await promise
    const address = server.address()
    return typeof address === 'object' && address !== null ? address.port : 0
  }
}

function call(path: string): http2.OutgoingHttpHeaders {
  const type = { 'content-type': 'application/grpc', te: 'trailers' }
  return { ':method': 'POST', ':path': path, ...type }
}

/** Says each part again, at once. */
function answerCall(asked: http2.Http2ServerRequest, answer: http2.Http2ServerResponse): void {
  answer.setHeader('content-type', 'application/grpc')
  asked.setEncoding('utf8')
  asked.on('data', (part: string) => answer.write(`said ${part}`))
  asked.on('end', () => {
    answer.addTrailers({ 'grpc-status': '0' })
    answer.end()
  })
}

function measure(asked: http.IncomingMessage, answer: http.ServerResponse): void {
  if (asked.url === '/large') {
    answer.end('y'.repeat(BODY_BYTES))
    return
  }
  const hash = createHash('sha256')
  asked.on('data', (part: Buffer) => hash.update(part))
  asked.on('end', () => answer.end(hash.digest('hex')))
}

function echoForever(_asked: http.IncomingMessage, socket: Duplex): void {
  socket.write(
    'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n',
  )
  socket.on('data', (part: Buffer) => socket.write(`echo ${part.toString('latin1')}`))
  socket.on('end', () => socket.end())
  socket.on('error', () => socket.destroy())
}
