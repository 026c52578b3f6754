import assert from 'node:assert/strict'
import type http from 'node:http'
import { connect, type Socket } from 'node:net'
import { after, before, test } from 'node:test'
import { data, directive, fixed } from '../core/nginx/directive.ts'
import { print } from '../core/nginx/print.ts'
import { askedAt } from '../core/nginx/asked.ts'
import { liveEntry, proxyHeaders } from '../core/nginx/profile.ts'
import { eventually, webServer } from '../testing/bench.ts'
import { echoOf } from '../testing/echo.ts'
import { LiveBench } from '../testing/live-bench.ts'

const asked = askedAt({ http: 8080, https: undefined }, 'plain')
const stack = new AsyncDisposableStack()
const peers: Record<string, string> = {}
let bench: LiveBench

/** A domain with a setting of its own, as it is rendered. */
const rendered = print([
  directive(
    'server',
    [],
    [
      directive('listen', [data('127.0.0.1:PORT')]),
      directive('server_name', [data('strip.test')]),
      directive(
        'location',
        [data('/app/')],
        [
          ...liveEntry(data('u_app')),
          ...proxyHeaders({ prefix: data('/app'), asked }),
          directive('proxy_pass', [fixed('http://rs_live/')]),
        ],
      ),
      directive(
        'location',
        [data('/held/')],
        [
          ...liveEntry(data('u_held')),
          ...proxyHeaders({ prefix: data('/held'), asked }),
          directive('proxy_pass', [fixed('http://rs_live/')]),
        ],
      ),
    ],
  ),
])

before(async () => {
  bench = stack.use(await LiveBench.start({ routes: rendered }))
  for (const name of ['app', 'api', 'exact', 'socket']) {
    const web = stack.use(await webServer(name))
    peers[name] = `127.0.0.1:${web.port}`
    if (name === 'socket') web.server.on('upgrade', sayBack)
  }
  await bench.have({
    'd:shop.test': '^ / u_app',
    'd:paths.test': '= /api/v2 u_exact ^ /api/v2 u_app ^ /docs/ u_exact ^ /api u_api',
    'd:socket.test': '^ / u_socket',
    'd:xn--bcher-kva.test': '^ / u_app',
    's:u_app': peers['app'] ?? '',
    's:u_api': peers['api'] ?? '',
    's:u_exact': peers['exact'] ?? '',
    's:u_socket': peers['socket'] ?? '',
    's:u_held': 'h=5000',
  })
})
after(() => stack.disposeAsync())

const matrix = [
  ['/api', 'api'],
  ['/api/x?q=1', 'api'],
  ['/apix', undefined],
  ['/API', undefined],
  ['/api/v2', 'exact'],
  ['/api/v2/', 'app'],
  ['/api/v20', 'api'],
  ['/docs', undefined],
  ['/docs/', 'exact'],
  ['/', undefined],
  // Encoded or winding ways to a path lead where the plain one leads, and arrive as they were sent.
  ['/%61pi/x', 'api'],
  ['//api//x', 'api'],
  ['/docs/../api/x', 'api'],
  ['/api%2Fx', 'api'],
  ['/api/%00', undefined],
] as const

for (const [path, name] of matrix) {
  test(`${path} reaches ${name ?? 'nobody'}`, async () => {
    const answer = await bench.get('paths.test', path)
    assert.equal(answer.headers['x-by'], name)
    if (name === undefined) assert.ok([400, 404].includes(answer.status))
    else assert.equal(echoOf(answer.body).url, path)
  })
}

test('a name is the same in capitals, with the port, and with a dot at its end', async () => {
  for (const host of ['SHOP.test', `shop.test:${bench.port}`, 'shop.test.', 'XN--bcher-kva.test']) {
    assert.equal((await bench.get(host)).headers['x-by'], 'app')
  }
})

test('whatever stands in the place of a name is compared and never read as anything else', async () => {
  const hosts = [
    '',
    '.*',
    'shop_test',
    '%h',
    '*.test',
    'shop.tes',
    'shop.test.test',
    '[::1]',
    '127.0.0.1',
  ]
  const more = ["';os.exit()--", '$host', 'd:shop.test', 's:u_app', `${'a'.repeat(60)}.`.repeat(60)]
  for (const host of [...hosts, ...more]) {
    const { status, headers } = await bench.get(host)
    assert.ok([400, 404].includes(status), `${host} ${status}`)
    assert.equal(headers['x-by'], undefined)
  }
  for (const path of ['/%5B', '/%25s', '/(.-)', '/%2e%2e/api', '/.%00', "/';x", '/$uri']) {
    const { status } = await bench.get('shop.test', path)
    assert.ok([200, 400].includes(status), `${path} ${status}`)
  }
  assert.doesNotMatch(await bench.complaints(), /lua/)
})

test('an unknown name and an uncovered path say so', async () => {
  const name = await bench.get('other.test')
  assert.deepEqual([name.status, name.body], [404, 'Nothing is routed for this name.'])
  assert.equal(name.headers['cache-control'], 'no-store')
  const path = await bench.get('paths.test', '/no')
  assert.deepEqual([path.status, path.body], [404, 'Nothing is routed here.'])
})

test('endpoints hear who asks from us, and nothing that a client made up', async () => {
  const lies = {
    'x-forwarded-for': '6.6.6.6',
    'x-forwarded-host': 'evil',
    'x-forwarded-prefix': '/evil',
    forwarded: 'for=6.6.6.6',
    proxy: 'http://evil',
    'x-original-url': '/evil',
    x_forwarded_for: '6.6.6.6',
  }
  const host = `shop.test:${bench.port}`
  assert.deepEqual(echoOf((await bench.get(host, '/x', lies)).body).headers, {
    host,
    'x-real-ip': '127.0.0.1',
    'x-forwarded-for': '127.0.0.1',
    'x-forwarded-host': host,
    'x-forwarded-port': String(bench.port),
    'x-forwarded-proto': 'http',
  })
  assert.equal(echoOf((await bench.get('shop.test:1')).body).headers['host'], 'shop.test')
  const inLine = 'GET http://shop.test/ HTTP/1.1\r\nHost: evil.test\r\nConnection: close\r\n\r\n'
  const answer = await raw(inLine)
  assert.ok(answer.startsWith('HTTP/1.1 200') && !answer.includes('evil'))
})

test('a rendered location asks the same memory, and may strip its prefix', async () => {
  const { headers, body } = await bench.get('strip.test', '/app/x?y=1')
  assert.equal(headers['x-by'], 'app')
  assert.equal(echoOf(body).url, '/x?y=1')
  assert.equal(echoOf(body).headers['x-forwarded-prefix'], '/app')
  const held = bench.get('strip.test', '/held/x')
  await bench.put('s:u_held', `h=5000 ${peers['api']}`)
  assert.equal((await held).headers['x-by'], 'api')
})

test('a rendered location asks visitors for a new connection, too', async () => {
  const keep = { connection: 'keep-alive' }
  const connection = async () =>
    (await bench.get('strip.test', '/app/', keep)).headers['connection']
  assert.equal(await connection(), 'keep-alive')
  await bench.table.setClosing(true)
  assert.match((await connection()) ?? '', /\bclose$/)
  await bench.table.setClosing(false)
})

test('a WebSocket passes both ways, and is no request under way', async () => {
  const socket = connect(bench.port, '127.0.0.1')
  let heard = ''
  socket.setEncoding('latin1')
  socket.on('data', (part: string) => {
    heard += part
  })
  socket.write(
    'GET / HTTP/1.1\r\nHost: socket.test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n',
  )
  await eventually(() => heard.startsWith('HTTP/1.1 101'))
  socket.write('hello')
  await eventually(() => heard.endsWith('hello'))
  assert.equal((await bench.table.inFlight(undefined))?.size, 0)
  socket.destroy()
})

test('no other protocol is switched to', async () => {
  const { body } = await bench.get('shop.test', '/', { connection: 'Upgrade', upgrade: 'h2c' })
  assert.equal(echoOf(body).headers['upgrade'], undefined)
})

function sayBack(_request: http.IncomingMessage, socket: Socket): void {
  socket.write('HTTP/1.1 101 Switching\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n')
  socket.pipe(socket)
}

/** Sends bytes as they are. */
function raw(text: string): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>()
  let answer = ''
  const socket = connect(bench.port, '127.0.0.1', () => socket.write(text))
  socket.setEncoding('latin1')
  socket.on('data', (part: string) => {
    answer += part
  })
  socket.on('close', () => resolve(answer))
  return promise
}
