import assert from 'node:assert/strict'
import type http from 'node:http'
import { connect } from 'node:net'
import { after, before, describe, test } from 'node:test'
import fc from 'fast-check'
import { matchRoute } from '../core/nginx/match-path.ts'
import { arbitraryPath } from '../testing/arbitrary-places.ts'
import { Bench, type BenchTier, TIERS, webServer } from '../testing/bench.ts'
import { echoOf } from '../testing/echo.ts'
import { aVisitor, endpoint, route, service, serviceId, table } from '../testing/tables.ts'

const paths = [
  route('paths.test/api', 'api'),
  route('paths.test/api/v2', 'v2'),
  route('paths.test/api/v2', 'exact', { match: 'exact' }),
  route('paths.test/strip', 'strip', { stripPrefix: true }),
  route('paths.test/docs/', 'docs'),
  route('paths.test/one/', 'one', { match: 'exact' }),
  route('paths.test/gone', 'gone'),
]
const names = ['api', 'v2', 'exact', 'strip', 'docs', 'one', 'plain']
const others = [
  route('plain.test', 'plain'),
  route('away.test', 'gone'),
  route('whole.test/', 'plain'),
  route('whole.test/api', 'api'),
  route('accel.test', 'accel'),
  route('socket.test', 'socket'),
]

const matrix = [
  ['/api', 'api', '/api'],
  ['/api/', 'api', '/api/'],
  ['/api/x?q=1', 'api', '/api/x?q=1'],
  ['/apix', undefined, ''],
  ['/ap', undefined, ''],
  ['/API', undefined, ''],
  ['/api/v2', 'exact', '/api/v2'],
  ['/api/v2/', 'v2', '/api/v2/'],
  ['/api/v2/x', 'v2', '/api/v2/x'],
  ['/api/v20', 'api', '/api/v20'],
  ['/strip', 'strip', '/'],
  ['/strip/', 'strip', '/'],
  ['/strip/a/b?q=%20', 'strip', '/a/b?q=%20'],
  ['/strip/a%20b', 'strip', '/a%20b'],
  ['/stripe', undefined, ''],
  ['/docs', undefined, ''],
  ['/docs/', 'docs', '/docs/'],
  ['/docs/x', 'docs', '/docs/x'],
  ['/one', undefined, ''],
  ['/one/', 'one', '/one/'],
  ['/one/x', undefined, ''],
  // Encoded or winding ways to a path lead where the plain one leads, and arrive as they were sent.
  ['/%61pi/x', 'api', '/%61pi/x'],
  ['//api//x', 'api', '//api//x'],
  ['/docs/../api/x', 'api', '/docs/../api/x'],
  ['/api%2Fx', 'api', '/api%2Fx'],
  ['/', undefined, ''],
] as const

for (const tier of TIERS) describe(`${tier} tier`, () => routing(tier))

function routing(tier: BenchTier): void {
  const stack = new AsyncDisposableStack()
  let bench: Bench

  before(async () => {
    bench = stack.use(await Bench.start({ tier }))
    const services = []
    for (const name of names) {
      const { port } = stack.use(await webServer(name))
      services.push(service(name, endpoint(port)))
    }
    services.push(service('accel', endpoint(await accel())), service('gone'))
    services.push(service('socket', endpoint(await socketServer())))
    await bench.apply(table(services, [...paths, ...others]))
    assert.equal(bench.state.outcome.kind, 'applied')
  })
  after(() => stack.disposeAsync())

  for (const [path, name, arrives] of matrix) {
    test(`${path} reaches ${name ?? 'nobody'}`, async () => {
      const { status, headers, body } = await bench.get(`paths.test${path}`)
      assert.equal(status, name === undefined ? 404 : 200)
      assert.equal(headers['x-by'], name)
      if (name !== undefined) assert.equal(echoOf(body).url, arrives)
    })
  }

  test('any plain path leads where its meaning says', async () => {
    await fc.assert(
      fc.asyncProperty(arbitraryPath, async (path) => {
        const expected = matchRoute(paths, path, aVisitor)?.service
        const name = names.find((it) => serviceId(it) === expected)
        const answer = await bench.get(`paths.test${path}`)
        assert.equal(answer.headers['x-by'], name)
      }),
      { numRuns: 200 },
    )
  })

  test('a service that nobody serves answers 503, come back soon, do not remember', async () => {
    for (const url of ['away.test', 'away.test/x', 'paths.test/gone', 'paths.test/gone/x']) {
      const { status, headers } = await bench.get(url)
      assert.equal(status, 503)
      assert.equal(headers['retry-after'], '2')
      assert.equal(headers['cache-control'], 'no-store')
    }
  })

  test('a name that nobody has answers 404 and reaches nobody', async () => {
    for (const host of [
      'other.test',
      'xplain.test',
      'plain.testx',
      '127.0.0.1',
      'sub.plain.test',
    ]) {
      const { status, headers } = await bench.get(host)
      assert.deepEqual([status, headers['x-by']], [404, undefined])
    }
  })

  test('a name is the same in capitals, with the port, and with a dot at its end', async () => {
    for (const host of ['PLAIN.test', `plain.test:${bench.port}`, 'plain.test.']) {
      assert.equal((await bench.get(host)).headers['x-by'], 'plain')
    }
  })

  test('endpoints hear who asks from us, and nothing that a client made up', async () => {
    const lies = {
      'x-real-ip': '6.6.6.6',
      'x-forwarded-for': '6.6.6.6',
      'x-forwarded-host': 'evil',
      'x-forwarded-proto': 'https',
      'x-forwarded-port': '1',
      'x-forwarded-prefix': '/evil',
      forwarded: 'for=6.6.6.6',
      proxy: 'http://evil',
      'x-original-url': '/evil',
      'x-rewrite-url': '/evil',
      x_forwarded_for: '6.6.6.6',
      'x-forwarded-server': 'evil',
    }
    for (const url of ['plain.test/x', 'whole.test/api', 'whole.test/x', 'paths.test/strip/x']) {
      const { body } = await bench.get(url, lies)
      const { headers } = echoOf(body)
      const domain = url.slice(0, url.indexOf('/'))
      const prefix = url.includes('strip') ? { 'x-forwarded-prefix': '/strip' } : {}
      assert.deepEqual(headers, {
        host: domain,
        'x-real-ip': '127.0.0.1',
        'x-forwarded-for': '127.0.0.1',
        'x-forwarded-host': domain,
        'x-forwarded-port': '80',
        'x-forwarded-proto': 'http',
        ...prefix,
      })
    }
  })

  test('an endpoint sees the port that the visitor wrote, if it is ours', async () => {
    const seen = async (host: string) => echoOf((await bench.get(host)).body).headers
    const ours = await seen(`plain.test:${bench.port}`)
    assert.equal(ours['host'], `plain.test:${bench.port}`)
    assert.equal(ours['x-forwarded-port'], String(bench.port))
    assert.equal((await seen('plain.test:1'))['host'], 'plain.test')
  })

  test('a name in the request line wins, and no other name reaches the endpoint', async () => {
    const answer = await raw(
      'GET http://plain.test/ HTTP/1.1\r\nHost: evil.test\r\nConnection: close\r\n\r\n',
    )
    assert.match(answer, /^HTTP\/1\.1 200/)
    assert.ok(!answer.includes('evil'))
  })

  test('an endpoint cannot steer nginx by its answer', async () => {
    const { status, body, headers } = await bench.get('accel.test')
    assert.deepEqual([status, body], [200, 'mine'])
    assert.equal(headers['x-accel-redirect'], undefined)
  })

  test('a WebSocket passes, both ways', async () => {
    const answer = await raw(
      'GET / HTTP/1.1\r\nHost: socket.test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n' +
        'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: x3JJHMbDL1EzLkh9GBhXDw==\r\n\r\n',
      'hello',
    )
    assert.match(answer, /^HTTP\/1\.1 101/)
    assert.ok(answer.endsWith('hello'))
  })

  test('no other protocol is switched to', async () => {
    const { body } = await bench.get('plain.test', { connection: 'Upgrade', upgrade: 'h2c' })
    assert.equal(echoOf(body).headers['upgrade'], undefined)
  })

  test('an endpoint that does not answer costs no request while another one does', async () => {
    await using one = await webServer('one')
    await using other = await Bench.start({ tier })
    const dead = endpoint(one.port + 1)
    await other.apply(table([service('s', endpoint(one.port), dead)], [route('s.test', 's')]))
    for (let count = 0; count < 20; count += 1) {
      assert.equal((await other.get('s.test')).status, 200)
    }
  })

  async function accel(): Promise<number> {
    const inner = stack.use(
      await webServer('accel', (_request, response) => {
        response.setHeader('X-Accel-Redirect', '/elsewhere')
        response.setHeader('X-Accel-Buffering', 'yes')
        response.end('mine')
      }),
    )
    return inner.port
  }

  /** Switches protocols and says back what it hears. */
  async function socketServer(): Promise<number> {
    const inner = stack.use(await webServer('socket'))
    inner.server.on('upgrade', (request: http.IncomingMessage, socket) => {
      socket.write(
        'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n',
      )
      assert.equal(request.headers.upgrade, 'websocket')
      socket.pipe(socket)
    })
    return inner.port
  }

  /** Sends bytes as they are; `then` is sent after the first answer, and ends the wait when it is back. */
  function raw(text: string, then?: string): Promise<string> {
    const { promise, resolve } = Promise.withResolvers<string>()
    let answer = ''
    const socket = connect(bench.port, '127.0.0.1', () => socket.write(text))
    socket.setEncoding('latin1')
    socket.on('data', (chunk: string) => {
      if (answer === '' && then !== undefined) socket.write(then)
      answer += chunk
      if (then !== undefined && answer.endsWith(then)) socket.destroy()
    })
    socket.on('close', () => resolve(answer))
    return promise
  }
}
