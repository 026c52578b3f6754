import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import { after, before, describe, test } from 'node:test'
import { Bench, type BenchTier, inTempFolder, TIERS, webServer } from '../testing/bench.ts'
import { Authority, type Pair, putPair } from '../testing/certificates.ts'
import { echoOf } from '../testing/echo.ts'
import { endpoint, route, service, table } from '../testing/tables.ts'
import { request, TlsVisitor } from '../testing/tls-visitor.ts'

const authority = new Authority()
const pairs = {
  wild: authority.pair(['*.shop.test', 'shop.test']),
  one: authority.pair(['one.shop.test']),
  other: authority.pair(['other.test', 'bare.test']),
  api: authority.pair(['v1.api.test', '*.old.api.test']),
}
const https = 'only'
const hsts = { maxAgeS: 60, subdomains: true, preload: false }
const routes = [
  route('shop.test', 'shop'),
  route('a.shop.test', 'shop'),
  route('one.shop.test', 'shop', { settings: { https, hsts } }),
  route('deep.a.shop.test', 'shop'),
  route('other.test', 'shop', { settings: { https: 'prefer', users: ['ann:{PLAIN}x'] } }),
  route('other.test/open', 'shop'),
  route('plain.test', 'shop', { settings: { https: 'prefer' } }),
  route('strict.test', 'shop', { settings: { https: 'redirect' } }),
  route('*.api.test', 'shop', { settings: { users: ['ann:{PLAIN}x'] } }),
]

/** What visitors over TLS meet, on a real nginx, in both tiers. */
for (const tier of TIERS) describe(`${tier} tier`, () => overTls(tier))

function overTls(tier: BenchTier): void {
  const stack = new AsyncDisposableStack()
  let bench: Bench
  let visitor: TlsVisitor

  before(async () => {
    const { path: certificates } = stack.use(await inTempFolder())
    for (const [name, pair] of Object.entries(pairs)) await putPair(certificates, name, pair)
    bench = stack.use(await Bench.start({ tier, certificates }))
    visitor = new TlsVisitor(bench.tlsPort, authority.certificate)
    const { port } = stack.use(await webServer('shop'))
    await bench.apply(table([service('shop', endpoint(port))], routes))
    assert.deepEqual([bench.state.outcome.kind, ...bench.state.quarantine], ['applied'])
  })
  after(() => stack.disposeAsync())

  test('each name is shown its own certificate, the most specific one', async () => {
    assert.equal(await visitor.shown('shop.test'), printOf(pairs.wild))
    assert.equal(await visitor.shown('a.shop.test'), printOf(pairs.wild))
    assert.equal(await visitor.shown('one.shop.test'), printOf(pairs.one))
    assert.equal(await visitor.shown('other.test'), printOf(pairs.other))
    assert.equal(await visitor.shown('v1.api.test'), printOf(pairs.api))
    assert.equal(await visitor.shown('x.old.api.test'), printOf(pairs.api))
  })

  test('a name without a certificate is refused in the handshake, and so is none', async () => {
    for (const name of ['plain.test', 'unknown.test', 'v2.api.test', ''])
      assert.match(await visitor.shown(name), /UNRECOGNIZED_NAME/)
  })

  test('a route is reached, with the address that the visitor asked for', async () => {
    const { status, headers, body } = await visitor.get('a.shop.test', '/x?y=1')
    assert.deepEqual([status, headers['x-by']], [200, 'shop'])
    const heard = echoOf(body)
    assert.equal(heard.url, '/x?y=1')
    assert.equal(heard.headers['x-forwarded-proto'], 'https')
    assert.equal(heard.headers['x-forwarded-port'], '443')
    assert.equal(heard.headers['x-forwarded-host'], 'a.shop.test')
    const port = String(bench.tlsPort)
    const written = await visitor.get('a.shop.test', '/', { host: `a.shop.test:${port}` })
    assert.equal(echoOf(written.body).headers['x-forwarded-port'], port)
    assert.equal(echoOf(written.body).headers['host'], `a.shop.test:${port}`)
    const site = await visitor.get('one.shop.test', '/', { host: `one.shop.test:${port}` })
    assert.equal(echoOf(site.body).headers['x-forwarded-port'], port)
  })

  test('plain HTTP says of itself what it is, for the same domains', async () => {
    const heard = echoOf((await bench.get(`a.shop.test:${bench.port}/`)).body)
    assert.equal(heard.headers['x-forwarded-proto'], 'http')
    assert.equal(heard.headers['x-forwarded-port'], String(bench.port))
    const open = echoOf((await bench.get('other.test/open')).body)
    assert.equal(open.headers['x-forwarded-port'], '80')
    assert.equal(open.headers['x-forwarded-proto'], 'http')
  })

  test('a name with a certificate and without a route is not found', async () => {
    assert.equal((await visitor.get('none.shop.test')).status, 404)
    assert.equal((await visitor.get('bare.test')).status, 404)
  })

  test('HTTP/2 is spoken, and requests for several names share a connection', async () => {
    const session = visitor.open('a.shop.test')
    try {
      const answers = await Promise.all(
        ['a.shop.test', 'shop.test'].map((name) =>
          request(session, { ':path': '/x', ':authority': name }),
        ),
      )
      assert.deepEqual(
        answers.map(({ status, body }) => [status, echoOf(body).headers['host']]),
        [
          [200, 'a.shop.test'],
          [200, 'shop.test'],
        ],
      )
      assert.equal(session.alpnProtocol, 'h2')
    } finally {
      session.close()
    }
  })

  test('what stands in Host decides by its own rules, whatever name opened the connection', async () => {
    const host = 'other.test'
    assert.equal((await visitor.get('a.shop.test', '/', { host })).status, 401)
    assert.equal((await visitor.get('a.shop.test', '/open', { host })).status, 200)
    assert.equal((await visitor.get('a.shop.test', '/', { host: 'v1.api.test' })).status, 401)
    assert.equal((await visitor.get('a.shop.test', '/', { host: 'x.old.api.test' })).status, 401)
  })

  test('a name without a certificate is misdirected on the connection of another one', async () => {
    for (const host of ['plain.test', 'unknown.test', 'v2.api.test'])
      assert.equal((await visitor.get('a.shop.test', '/', { host })).status, 421)
  })

  test('a wildcard of the text answers for names below it that have a certificate', async () => {
    assert.equal((await visitor.get('v1.api.test')).status, 401)
    const authorization = `Basic ${Buffer.from('ann:x').toString('base64')}`
    for (const name of ['v1.api.test', 'x.old.api.test']) {
      const answer = await visitor.get(name, '/', { authorization })
      assert.deepEqual([answer.status, answer.headers['x-by']], [200, 'shop'])
    }
  })

  test('who has to use TLS is let in with it, and told to stay', async () => {
    assert.equal((await bench.get('one.shop.test')).status, 403)
    const { status, headers } = await visitor.get('one.shop.test')
    assert.equal(status, 200)
    assert.equal(headers['strict-transport-security'], 'max-age=60; includeSubDomains')
  })

  test('plain HTTP is sent to TLS: always, or where there is a certificate', async () => {
    const strict = await bench.get('strict.test/x?y=1')
    assert.deepEqual([strict.status, strict.headers.location], [308, 'https://strict.test/x?y=1'])
    const preferred = await bench.get('other.test/x?y=1')
    assert.deepEqual(
      [preferred.status, preferred.headers.location],
      [308, 'https://other.test/x?y=1'],
    )
    const written = await bench.get(`other.test:${bench.port}/x`)
    assert.equal(written.headers.location, `https://other.test:${bench.tlsPort}/x`)
    assert.equal((await bench.get('plain.test')).status, 200)
  })
}

function printOf({ chain }: Pair): string {
  return new X509Certificate(chain).fingerprint256
}
