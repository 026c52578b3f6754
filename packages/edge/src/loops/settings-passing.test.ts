import assert from 'node:assert/strict'
import http from 'node:http'
import { connect } from 'node:net'
import { after, before, describe, test } from 'node:test'
import { gunzipSync } from 'node:zlib'
import { PathPattern } from '@roadstead/shared/protocol/route.ts'
import { Bench, type BenchTier, TIERS, webServer } from '../testing/bench.ts'
import { echoOf } from '../testing/echo.ts'
import { endpoint, route, service, table } from '../testing/tables.ts'

const at = (path: string) => PathPattern.parse(path)
const LONG = JSON.stringify(Array.from({ length: 1_000 }, () => 'again'))

const routes = [
  route('head.test', 'shop', {
    settings: {
      responseHeaders: [
        { name: 'Content-Length', value: '1' },
        { name: 'Server', value: 'x' },
        { name: 'X-By', value: '' },
        { name: 'X-Frame-Options', value: 'a;b (c)' },
        { name: 'X-Ours', value: 'new' },
      ],
      requestHeaders: [
        { name: 'Connection', value: 'upgrade' },
        { name: 'Cookie', value: '' },
        { name: 'Host', value: 'evil.test' },
        { name: 'X-Forwarded-For', value: '6.6.6.6' },
        { name: 'X-Real-IP', value: '' },
        { name: 'X-Tenant', value: 'one two' },
      ],
    },
  }),
  route('head.test/away', 'away', {
    settings: { responseHeaders: [{ name: 'X-Ours', value: 'new' }] },
  }),
  route('slow.test', 'slow', { settings: { timeoutMs: 300 } }),
  route('slow.test/calm', 'slow'),
  route('gzip.test', 'long', { settings: { compress: true } }),
  route('gzip.test/plain', 'long'),
  route('gzip.test/socket', 'socket', { settings: { compress: true } }),
  route('buffer.test', 'shop', { settings: { buffering: true } }),
  route('add.test', 'shop', { settings: { addPrefix: at('/v1/') } }),
  route('add.test/api', 'shop', { stripPrefix: true, settings: { addPrefix: at('/v2') } }),
  route('add.test/one', 'shop', { match: 'exact', settings: { addPrefix: at('/v3') } }),
  route('replace.test', 'shop', { settings: { replacePath: at('/always') } }),
  route('own.test', 'shop', { settings: { ownHost: true } }),
]

/** How requests and answers are passed on: each setting through a real nginx, in both tiers. */
for (const tier of TIERS) describe(`${tier} tier`, () => passing(tier))

function passing(tier: BenchTier): void {
  const stack = new AsyncDisposableStack()
  const isOver = Promise.withResolvers<void>()
  let bench: Bench
  let port = 0

  before(async () => {
    bench = stack.use(await Bench.start({ tier }))
    const open = async (name: string, handle?: http.RequestListener) =>
      service(name, endpoint(stack.use(await webServer(name, handle)).port))
    const shop = await open('shop', echo)
    port = shop.endpoints[0]?.port ?? 0
    const slow = await open('slow', (_request, response) => {
      void isOver.promise.then(() => response.end('late'))
    })
    const long = await open('long', (_request, response) => {
      response.setHeader('content-type', 'application/json')
      response.end(LONG)
    })
    const web = stack.use(await webServer('socket'))
    web.server.on('upgrade', (_request, socket) => {
      socket.write('HTTP/1.1 101 Switching\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n')
      socket.pipe(socket)
    })
    const services = [shop, slow, long, service('socket', endpoint(web.port)), service('away')]
    await bench.apply(table(services, routes))
    assert.deepEqual([bench.state.outcome.kind, ...bench.state.quarantine], ['applied'])
  })
  after(() => stack.disposeAsync())

  test('headers for visitors replace what the endpoint says, or take it away', async () => {
    const { headers, body } = await bench.get('head.test/x')
    assert.equal(headers['x-ours'], 'new')
    assert.equal(headers['x-frame-options'], 'a;b (c)')
    assert.equal(headers['x-by'], undefined)
    assert.equal(headers['server'], 'nginx')
    assert.equal(echoOf(body).url, '/x')
  })

  test('they stand on answers of nginx, too', async () => {
    const { status, headers } = await bench.get('head.test/away')
    assert.deepEqual([status, headers['x-ours']], [503, 'new'])
  })

  test('headers for the endpoint are added or taken away, but never those that say who asks', async () => {
    const { body } = await bench.get('head.test', { cookie: 'a=1', 'x-tenant': 'mine' })
    assert.deepEqual(echoOf(body).headers, {
      host: 'head.test',
      'x-real-ip': '127.0.0.1',
      'x-forwarded-for': '127.0.0.1',
      'x-forwarded-host': 'head.test',
      'x-forwarded-port': '80',
      'x-forwarded-proto': 'http',
      'x-tenant': 'one two',
    })
  })

  test('a route has its own patience', async () => {
    const calm = bench.get('slow.test/calm')
    assert.equal((await bench.get('slow.test')).status, 504)
    isOver.resolve()
    assert.equal((await calm).body, 'late')
  })

  test('text is compressed for whoever takes it', async () => {
    const raw = await bytes('gzip.test', '/')
    assert.equal(raw.headers['content-encoding'], 'gzip')
    assert.equal(raw.headers['vary'], 'Accept-Encoding')
    assert.equal(gunzipSync(raw.body).toString(), LONG)
    assert.equal((await bytes('gzip.test', '/plain')).headers['content-encoding'], undefined)
    assert.equal((await bench.get('gzip.test')).body, LONG)
  })

  test('a WebSocket is not compressed', async () => {
    const answer = await socket('gzip.test', '/socket')
    assert.match(answer, /^HTTP\/1\.1 101/)
    assert.ok(answer.endsWith('hello') && !/content-encoding/i.test(answer))
  })

  test('a body of megabytes is collected before it is passed on', async () => {
    const sent = Buffer.alloc(3_000_000, 'x')
    const chunked = { 'transfer-encoding': 'chunked' }
    const { status, body } = await bench.get('buffer.test', chunked, { method: 'POST', body: sent })
    assert.equal(status, 200)
    assert.equal(echoOf(body).headers['content-length'], '3000000')
  })

  for (const [url, arrives] of [
    ['add.test', '/v1/'],
    ['add.test/x?y=%20', '/v1/x?y=%20'],
    ['add.test/%61%2Fb', '/v1/%61%2Fb'],
    ['add.test/a/../b', '/v1/a/../b'],
    ['add.test/api', '/v2/'],
    ['add.test/api/x?y=1', '/v2/x?y=1'],
    ['add.test/one', '/v3/one'],
    ['replace.test', '/always'],
    ['replace.test/x/y?z=%2F', '/always?z=%2F'],
  ] as const) {
    test(`${url} arrives as ${arrives}`, async () => {
      assert.equal(echoOf((await bench.get(url)).body).url, arrives)
    })
  }

  test('a path that leads out of everything is nobody’s', async () => {
    for (const path of ['/../x', '/%2e%2e/x', '/a/../../x'])
      assert.equal((await bench.get(`add.test${path}`)).status, 400, path)
  })

  test('an endpoint may see its own address', async () => {
    const { headers } = echoOf((await bench.get('own.test')).body)
    assert.equal(headers['host'], `127.0.0.1:${port}`)
    assert.equal(headers['x-forwarded-host'], 'own.test')
  })

  function bytes(host: string, path: string) {
    const { promise, resolve, reject } = Promise.withResolvers<{
      headers: http.IncomingHttpHeaders
      body: Buffer
    }>()
    const headers = { host, 'accept-encoding': 'gzip' }
    const options = { host: '127.0.0.1', port: bench.port, path, agent: false, headers }
    http
      .get(options, (response) => {
        const parts: Buffer[] = []
        response.on('data', (part: Buffer) => parts.push(part))
        response.on('end', () => resolve({ headers: response.headers, body: Buffer.concat(parts) }))
      })
      .on('error', reject)
    return promise
  }

  /** Says hello over a connection that has switched, and gives all that was heard until it is back. */
  function socket(host: string, path: string): Promise<string> {
    const { promise, resolve } = Promise.withResolvers<string>()
    const asked = `GET ${path} HTTP/1.1\r\nHost: ${host}\r\nAccept-Encoding: gzip\r\n`
    let heard = ''
    const one = connect(bench.port, '127.0.0.1', () =>
      one.write(`${asked}Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n`),
    )
    one.on('data', (part) => {
      if (heard === '') one.write('hello')
      heard += part.toString('latin1')
      if (heard.endsWith('hello')) one.destroy()
    })
    one.on('close', () => resolve(heard))
    return promise
  }
}

function echo(request: http.IncomingMessage, response: http.ServerResponse): void {
  response.setHeader('x-by', 'shop')
  response.setHeader('x-ours', 'old')
  request.resume()
  const { url, headers } = request
  request.on('end', () => response.end(JSON.stringify({ url, headers })))
}
