import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import http2 from 'node:http2'
import https from 'node:https'
import type { Server } from 'node:net'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import type { EndpointScheme } from '@roadstead/shared/protocol/route-settings.ts'
import { TLSSocket } from 'node:tls'
import { Bench, type BenchTier, inTempFolder, TIERS, webServer } from '../testing/bench.ts'
import { echoOf } from '../testing/echo.ts'
import { endpoint, route, service, table } from '../testing/tables.ts'

const path = '/shop.Cart/Add'
const routes = [
  route('tls.test', 'tls'),
  route('tls.test/app', 'tls', { stripPrefix: true }),
  route('grpc.test', 'grpc'),
  route('grpcs.test', 'grpcs', {
    settings: {
      responseHeaders: [{ name: 'X-By', value: 'ours' }],
      requestHeaders: [{ name: 'X-Tenant', value: 'one' }],
      timeoutMs: 5_000,
    },
  }),
  route('ask.test', 'grpc', { when: [{ kind: 'method', not: false, methods: ['POST'] }] }),
  route('ask.test', 'tls'),
]

/** Endpoints that are spoken to in another way than plain HTTP, in both tiers. */
for (const tier of TIERS) describe(`${tier} tier`, () => schemes(tier))

function schemes(tier: BenchTier): void {
  const stack = new AsyncDisposableStack()
  let bench: Bench
  const speaks = (name: string, scheme: EndpointScheme, port: number) => ({
    ...service(name, endpoint(port)),
    scheme,
  })

  before(async () => {
    bench = stack.use(await Bench.start({ tier }))
    const { path: folder } = stack.use(await inTempFolder())
    const pair = keyPair(folder)
    const tls = https.createServer(pair, (request, response) => {
      const { socket } = request
      response.setHeader('x-by', 'tls')
      response.setHeader('x-name', serverName(socket))
      response.end(JSON.stringify({ url: request.url, headers: request.headers }))
    })
    await bench.apply(
      table(
        [
          speaks('tls', 'https', await listening(tls)),
          speaks('grpc', 'grpc', await listening(http2.createServer(answersCalls))),
          speaks('grpcs', 'grpcs', await listening(http2.createSecureServer(pair, answersCalls))),
        ],
        routes,
      ),
    )
    assert.deepEqual([bench.state.outcome.kind, ...bench.state.quarantine], ['applied'])
  })
  after(() => stack.disposeAsync())

  test('over TLS the endpoint is told which name is asked for, and its certificate is nobody’s', async () => {
    const { status, headers, body } = await bench.get('tls.test/x?y=1')
    assert.deepEqual([status, headers['x-by'], headers['x-name']], [200, 'tls', 'tls.test'])
    assert.equal(echoOf(body).url, '/x?y=1')
    assert.equal(echoOf(body).headers['host'], 'tls.test')
    assert.equal(echoOf((await bench.get('tls.test/app/x')).body).url, '/x')
  })

  test('a call over gRPC arrives with its path, its body and the headers of ours', async () => {
    const lies = {
      'x-forwarded-for': '6.6.6.6',
      'content-type': 'application/grpc',
      te: 'trailers',
    }
    const { status, body, headers } = await call('grpc.test', lies)
    assert.deepEqual([status, headers['x-by']], [200, 'grpc'])
    const heard = echoOf(body)
    assert.equal(heard.url, path)
    assert.equal(heard.headers['x-forwarded-for'], '127.0.0.1')
    assert.equal(heard.headers['host'], 'grpc.test')
    assert.equal(heard.headers['x-sent'], 'hello')
    assert.equal(heard.headers['x-forwarded-prefix'], undefined)
  })

  test('the same over TLS, with settings of the route', async () => {
    const { status, body, headers } = await call('grpcs.test', {})
    assert.deepEqual([status, headers['x-by']], [200, 'ours'])
    assert.equal(echoOf(body).headers['x-tenant'], 'one')
  })

  test('services that are spoken to in different ways share a domain', async () => {
    assert.equal((await bench.get('ask.test/x')).headers['x-by'], 'tls')
    assert.equal((await call('ask.test', {})).headers['x-by'], 'grpc')
  })

  test('a service that changes how it is spoken to is reached without a change of any route', async () => {
    await using plain = await webServer('plain')
    await using other = await Bench.start({ tier })
    const list = [route('turn.test', 'turn')]
    const { port } = bench.state.desired?.table.services.find(({ key }) => key === 'tls')
      ?.endpoints[0] ?? { port: 0 }
    await other.apply(table([speaks('turn', 'http', plain.port)], list))
    assert.equal((await other.get('turn.test')).headers['x-by'], 'plain')
    await other.apply(table([speaks('turn', 'https', port)], list))
    assert.equal((await other.get('turn.test')).headers['x-by'], 'tls')
    await other.apply(table([speaks('turn', 'http', plain.port)], list))
    assert.equal((await other.get('turn.test')).headers['x-by'], 'plain')
  })

  async function call(host: string, headers: Record<string, string>) {
    return bench.get(`${host}${path}`, headers, { method: 'POST', body: 'hello' })
  }

  async function listening(server: Server): Promise<number> {
    const { promise, resolve } = Promise.withResolvers<void>()
    server.listen(0, '127.0.0.1', resolve)
    await promise
    stack.defer(() => void server.close())
    const address = server.address()
    return typeof address === 'object' && address !== null ? address.port : 0
  }
}

function answersCalls(
  request: http2.Http2ServerRequest,
  response: http2.Http2ServerResponse,
): void {
  let sent = ''
  request.setEncoding('utf8')
  request.on('data', (part: string) => {
    sent += part
  })
  request.on('end', () => {
    const { url, headers } = request
    response.setHeader('x-by', 'grpc')
    response.setHeader('content-type', 'application/grpc')
    const heard = Object.fromEntries(Object.entries(headers).filter(([, it]) => it !== undefined))
    response.end(JSON.stringify({ url, headers: { ...heard, 'x-sent': sent } }))
  })
}

function serverName(socket: unknown): string {
  return socket instanceof TLSSocket && 'servername' in socket ? String(socket.servername) : ''
}

/** A certificate that nobody has signed. */
function keyPair(folder: string) {
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')]
  const made = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
  const args = ['req', '-x509', ...made, '-keyout', key, '-out', cert, '-subj', '/CN=nobody']
  execFileSync('openssl', args, { stdio: 'ignore' })
  return { key: readFileSync(key), cert: readFileSync(cert) }
}
