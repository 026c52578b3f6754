import assert from 'node:assert/strict'
import { connect } from 'node:net'
import { after, before, describe, test } from 'node:test'
import { DomainName, PathPattern } from '@roadstead/shared/protocol/route.ts'
import { Bench, type BenchTier, TIERS, webServer } from '../testing/bench.ts'
import { echoOf } from '../testing/echo.ts'
import { endpoint, route, service, table } from '../testing/tables.ts'

const elsewhere = DomainName.parse('other.test')
const path = PathPattern.parse('/moved')
const hsts = { maxAgeS: 60, subdomains: true, preload: false }
const routes = [
  route('domain.test', 'shop', { settings: { redirect: { status: 301, domain: elsewhere } } }),
  route('scheme.test', 'shop', { settings: { redirect: { status: 307, scheme: 'https' } } }),
  route('path.test', 'away', { settings: { redirect: { status: 302, path } } }),
  route('whole.test/old', 'shop', {
    settings: {
      redirect: { status: 308, scheme: 'https', domain: elsewhere, port: 8443, path },
      responseHeaders: [{ name: 'X-Why', value: 'moved' }],
    },
  }),
  route('whole.test', 'shop'),
  route('port.test', 'shop', { settings: { redirect: { status: 303, port: 81 } } }),
  route('inside.test', 'shop', {
    settings: { allow: ['10.0.0.0/8'], redirect: { status: 301, domain: elsewhere } },
  }),
  route('tls.test', 'shop', {
    settings: { https: 'redirect', users: ['ann:{PLAIN}secret'], hsts },
  }),
  route('only.test', 'shop', { settings: { https: 'only', hsts } }),
  route('either.test', 'shop', { settings: { https: 'both', hsts } }),
]

/** Visitors who are sent elsewhere: through a real nginx, in both tiers. */
for (const tier of TIERS) describe(`${tier} tier`, () => redirects(tier))

function redirects(tier: BenchTier): void {
  const stack = new AsyncDisposableStack()
  let bench: Bench

  before(async () => {
    bench = stack.use(await Bench.start({ tier }))
    const { port } = stack.use(await webServer('shop'))
    const services = [service('shop', endpoint(port)), service('away')]
    await bench.apply(table(services, routes))
    assert.deepEqual([bench.state.outcome.kind, ...bench.state.quarantine], ['applied'])
  })
  after(() => stack.disposeAsync())

  for (const [url, status, location] of [
    ['domain.test/a%20b/?x=%3F', 301, 'http://other.test/a%20b/?x=%3F'],
    ['scheme.test/x', 307, 'https://scheme.test/x'],
    ['path.test/x?y=1', 302, 'http://path.test/moved'],
    ['whole.test/old/x', 308, 'https://other.test:8443/moved'],
    ['port.test', 303, 'http://port.test:81/'],
    ['tls.test/x?y=1', 308, 'https://tls.test/x?y=1'],
  ] as const) {
    test(`${url} is sent to ${location}`, async () => {
      const answer = await bench.get(url)
      assert.deepEqual([answer.status, answer.headers.location], [status, location])
      assert.equal(answer.headers['x-by'], undefined)
    })
  }

  test('a port that the visitor wrote stays, where the place stays', async () => {
    const { headers } = await bench.get(`path.test:${bench.port}/x`)
    assert.equal(headers.location, `http://path.test:${bench.port}/moved`)
    const other = await bench.get(`domain.test:${bench.port}/x`)
    assert.equal(other.headers.location, 'http://other.test/x')
  })

  test('a name in the request line does not become part of the path', async () => {
    const answer = await raw('GET http://domain.test/x HTTP/1.1\r\nHost: evil.test\r\n')
    assert.match(answer, /\r\nLocation: http:\/\/other\.test\/x\r\n/)
  })

  test('nothing that stands in a path gets into the headers of an answer', async () => {
    for (const asked of ['/%0d%0aX-Evil:%201', '/a%0aX-Evil:%201?b%0d%0aX-Evil:1']) {
      const { headers } = await bench.get(`domain.test${asked}`)
      assert.equal(headers['x-evil'], undefined)
      assert.equal(headers.location, `http://other.test${asked}`)
    }
  })

  test('headers for visitors stand on a redirect, and other paths are served', async () => {
    assert.equal((await bench.get('whole.test/old')).headers['x-why'], 'moved')
    assert.equal((await bench.get('whole.test/older')).headers['x-by'], 'shop')
  })

  test('who may not come in does not hear where others are sent', async () => {
    assert.equal((await bench.get('inside.test')).status, 403)
  })

  test('without TLS a route that is for it alone is closed, and one for both is open', async () => {
    assert.equal((await bench.get('only.test')).status, 403)
    const { status, headers } = await bench.get('either.test')
    assert.deepEqual([status, headers['x-by']], [200, 'shop'])
  })

  test('over plain HTTP nobody is told to use TLS from now on', async () => {
    for (const url of ['tls.test', 'only.test', 'either.test'])
      assert.equal((await bench.get(url)).headers['strict-transport-security'], undefined)
  })

  test('what the visitor says about itself opens nothing', async () => {
    const lies = { 'x-forwarded-proto': 'https', https: 'on', forwarded: 'proto=https' }
    assert.equal((await bench.get('only.test', lies)).status, 403)
    assert.equal(
      echoOf((await bench.get('either.test', lies)).body).headers['forwarded'],
      undefined,
    )
  })

  function raw(text: string): Promise<string> {
    const { promise, resolve } = Promise.withResolvers<string>()
    let answer = ''
    const socket = connect(bench.port, '127.0.0.1', () =>
      socket.write(`${text}Connection: close\r\n\r\n`),
    )
    socket.on('data', (part) => {
      answer += part.toString('latin1')
    })
    socket.on('close', () => resolve(answer))
    return promise
  }
}
