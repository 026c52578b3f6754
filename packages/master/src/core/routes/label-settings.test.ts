import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sha256 } from '@roadstead/bus/sha256.ts'
import { RouteSettings } from '@roadstead/shared/protocol/route-settings.ts'
import { exampleContainer } from '../examples.ts'
import type { Intent } from './intent.ts'
import { readContainerWishes, readLabels } from './labels.ts'
import { defaultPolicy } from './policy.ts'

type Labels = Record<string, string>

const read = (labels: Labels) => {
  const all = { 'roadstead.http.r.host': 'a.example', ...labels }
  return readLabels(exampleContainer(1, { labels: all }), defaultPolicy, sha256)
}

/** The one intent that these labels of the route `r` ask for. */
function wanted(labels: Labels): Intent {
  const reading = read(labels)
  assert.deepEqual(reading?.refusals, [])
  const [intent] = reading.intents
  assert.ok(intent)
  return intent
}

function settings(labels: Labels): RouteSettings {
  const found = wanted(of(labels)).settings
  assert.deepEqual(RouteSettings.parse(found), found, 'a table can carry it')
  return found
}

const of = (labels: Labels): Labels =>
  Object.fromEntries(Object.entries(labels).map(([key, it]) => [`roadstead.http.r.${key}`, it]))

/** Why the labels are refused, and which of them. */
function refused(labels: Labels): string {
  const [refusal] = read(labels)?.refusals ?? []
  const { label = '', other = '' } = refusal?.details ?? {}
  return [refusal?.reason, label, other].filter((each) => each !== '').join(' ')
}

/** The reason for each of these values of one key of the route. */
const reasons = (key: string, values: readonly string[]): Set<string> =>
  new Set(values.map((value) => refused(of({ [key]: value })).split(' ')[0] ?? ''))

test('who may come in is a sorted list of whole networks', () => {
  const allow = '2001:DB8::/32,192.0.2.1,10.0.0.0/8,10.0.0.0/8'
  assert.deepEqual(settings({ allow }).allow, ['10.0.0.0/8', '192.0.2.1/32', '2001:db8::/32'])
  const wrong = ['', '10.0.0.1/8', '10.0.0.0/33', '10.0.0.0/08', '10.0.0', 'internal', '0.0.0.0/0;']
  const more = ['10.0.0.0/8, 192.0.2.1', '10.0.0.0/8,', '2001:db8::1/32', '::1%eth0', '1.2.3.4/']
  assert.deepEqual(reasons('allow', [...wrong, ...more]), new Set(['invalid-allow']))
  const many = Array.from({ length: 65 }, (_, index) => `10.0.0.${index}`)
  assert.deepEqual(reasons('allow', [many.join(',')]), new Set(['invalid-allow']))
})

test('users are named and never written down', () => {
  assert.equal(settings({ auth: 'basic:team' }).auth, 'team')
  const wrong = ['team', 'basic:', 'basic:Team', 'basic:a b', 'forward:sso', 'ann:$apr1$x$y']
  assert.deepEqual(reasons('auth', wrong), new Set(['invalid-auth']))
})

test('a limit has a rate, and a burst of one unit where none is said', () => {
  assert.deepEqual(settings({ limit: '20r/s burst=40' }).limit, {
    burst: 40,
    per: 'second',
    requests: 20,
  })
  assert.deepEqual(settings({ limit: '100r/m' }).limit, {
    burst: 100,
    per: 'minute',
    requests: 100,
  })
  const wrong = ['20', '20r', '0r/s', '020r/s', '20r/h', '20r/s  burst=4', '20r/s burst=', '2e3r/s']
  assert.deepEqual(reasons('limit', [...wrong, '100001r/s', '1r/s\n']), new Set(['invalid-limit']))
})

test('sizes and times are whole numbers with a unit', () => {
  assert.equal(settings({ 'body-size': '64m' }).bodyBytesMax, 64 * 1_024 ** 2)
  assert.equal(settings({ 'body-size': '1024g' }).bodyBytesMax, 1_024 ** 4)
  const wrong = ['0', '0m', '64', '64M', '64mb', '1025g', '-1m', '1.5m', '']
  assert.deepEqual(reasons('body-size', wrong), new Set(['invalid-size']))
  assert.equal(settings({ timeout: '10m' }).timeoutMs, 600_000)
  assert.deepEqual(reasons('timeout', ['99ms', '1441m', '10']), new Set(['invalid-duration']))
})

test('flags are true or false, and false is said too', () => {
  const flags = { buffering: 'false', compress: 'true' }
  assert.deepEqual(settings(flags), { buffering: false, compress: true })
  for (const key of ['buffering', 'compress']) {
    assert.deepEqual(reasons(key, ['on', '1', 'True', '']), new Set(['invalid-flag']))
  }
})

test('headers for the visitor come in the order of their names', () => {
  const headers = { 'headers.set.X-Frame-Options': 'DENY', 'headers.set.Cache-Control': '' }
  assert.deepEqual(settings(headers).responseHeaders, [
    { name: 'Cache-Control', value: '' },
    { name: 'X-Frame-Options', value: 'DENY' },
  ])
  const cors = { 'headers.set.Access-Control-Allow-Origin': '*' }
  assert.equal(settings(cors).responseHeaders?.[0]?.value, '*')
})

test('headers that are ours, or that decide how a message is read, are refused', () => {
  const names = [
    'Host',
    'content-length',
    'Transfer-Encoding',
    'Connection',
    'Set-Cookie',
    'Upgrade',
  ]
  const ours = [
    'Strict-Transport-Security',
    'X-Forwarded-For',
    'x-real-ip',
    'X-Accel-Redirect',
    'Location',
    'Server',
    'TE',
  ]
  for (const name of [...names, ...ours]) {
    assert.match(refused(of({ [`headers.set.${name}`]: 'a' })), /^header-refused/, name)
  }
  for (const name of ['', 'X_Y', 'a b', 'x:', '-x', 'x-', 'é', 'X'.repeat(65)]) {
    assert.match(refused(of({ [`headers.set.${name}`]: 'a' })), /^invalid-header/, name)
  }
  for (const value of ['$host', 'a"b', 'a;', 'a\nb', ' a', '{}']) {
    assert.match(refused(of({ 'headers.set.X-A': value })), /^invalid-header/, value)
  }
})

test('a header is set once, in whatever case it is written', () => {
  const twice = of({ 'headers.set.X-A': '1', 'headers.set.x-a': '2' })
  assert.match(refused(twice), /^incompatible-keys .*x-a .*X-A$/)
})

test('a redirect is put together from parts that are read as such', () => {
  const redirect = (text: string) => settings({ redirect: text }).redirect
  assert.deepEqual(redirect('https://other.example.com:8443/path 301'), {
    domain: 'other.example.com',
    path: '/path',
    port: 8_443,
    scheme: 'https',
    status: 301,
  })
  assert.deepEqual(redirect('/login'), { path: '/login', status: 302 })
  assert.deepEqual(settings({ redirect: 'https' }), { https: 'redirect' })
  const wrong = ['', 'http', 'ftp://a.example', '//a.example', 'https://A.example', 'a.example']
  const more = ['https://a.example/$uri', '/x 304', '/x  301', '/a?b=c', 'https://a:b@c.example/']
  assert.deepEqual(reasons('redirect', [...wrong, ...more]), new Set(['invalid-redirect']))
})

test('a redirect to itself is refused', () => {
  const circles = ['https://a.example', 'https://a.example/', '/', 'http://a.example/ 308']
  assert.deepEqual(reasons('redirect', circles), new Set(['redirect-loop']))
  assert.deepEqual(settings({ redirect: 'https://a.example:8443/' }).redirect?.port, 8_443)
})

test('schemes, priorities and TLS are words and numbers from a list', () => {
  assert.equal(wanted(of({ scheme: 'grpcs' })).pool.scheme, 'grpcs')
  assert.equal(wanted(of({ scheme: 'http' })).pool.scheme, undefined)
  assert.deepEqual(reasons('scheme', ['HTTP', 'h2c', 'fastcgi']), new Set(['invalid-scheme']))
  assert.equal(wanted(of({ priority: '-5' })).priority, -5)
  const wrong = ['-0', '+1', '1.0', '1000001', '', '0x1']
  assert.deepEqual(reasons('priority', wrong), new Set(['invalid-priority']))
  assert.equal(settings({ https: 'only' }).https, 'only')
  assert.deepEqual(settings({ hsts: '365d subdomains preload' }).hsts, {
    maxAgeS: 31_536_000,
    preload: true,
    subdomains: true,
  })
  const short = ['365', '731d', '30d preload', '365d preload', '30d subdomains preload', '1d  x']
  assert.deepEqual(reasons('hsts', short), new Set(['invalid-hsts']))
  assert.deepEqual(reasons('https', ['on', 'true']), new Set(['invalid-https']))
})

test('a canary names another service and its share', () => {
  assert.deepEqual(wanted(of({ canary: 'shop/next 10%' })).canary, {
    percent: 10,
    service: 'shop/next',
  })
  const wrong = ['shop/next', 'shop/next 0%', 'shop/next 100%', 'shop/next 10', 'Shop 10%', ' 10%']
  assert.deepEqual(reasons('canary', [...wrong, 'c1 10%']), new Set(['invalid-canary']))
})

test('how requests are spread is asked for by the container', () => {
  const pool = (labels: Labels) => wanted(labels).pool
  assert.deepEqual(pool({ 'roadstead.balance': 'least-conn' }), { balance: 'least-conn' })
  assert.deepEqual(pool({ 'roadstead.sticky': 'address' }), { balance: 'sticky' })
  assert.deepEqual(pool({ 'roadstead.sticky': 'cookie:lb' }), { balance: 'sticky', cookie: 'lb' })
  const own = pool({ 'roadstead.sticky': 'cookie' }).cookie
  assert.match(own ?? '', /^rs_[0-9a-f]{8}$/)
  assert.notEqual(pool({ 'roadstead.sticky': 'cookie', 'roadstead.service': 'x' }).cookie, own)
  assert.equal(refused({ 'roadstead.balance': 'sticky' }), 'invalid-balance roadstead.balance')
  for (const text of ['cookie:', 'cookie:a-b', 'cookie:a b', 'ip']) {
    assert.equal(refused({ 'roadstead.sticky': text }), 'invalid-sticky roadstead.sticky')
  }
})

test('what one endpoint wants is its own', () => {
  const labels = { weight: '3', backup: 'true', 'max-conns': '200', network: 'edge' }
  const all = Object.fromEntries(
    Object.entries(labels).map(([key, it]) => [`roadstead.${key}`, it]),
  )
  assert.deepEqual(wanted(all).endpoint, {
    weight: 3,
    backup: true,
    connectionsMax: 200,
    network: 'edge',
  })
  for (const [key, value] of [
    ['weight', '0'],
    ['weight', '101'],
    ['max-conns', '-1'],
    ['network', '../x'],
    ['network', 'a b'],
  ] as const) {
    assert.equal(refused({ [`roadstead.${key}`]: value }), `invalid-${key} roadstead.${key}`)
  }
})

test('an address is a way to the container, and never a place elsewhere', () => {
  const address = (text: string) => wanted({ 'roadstead.address': text }).endpoint.address
  assert.deepEqual(address('host:31007'), { kind: 'host', port: 31_007 })
  assert.deepEqual(address('inside'), { kind: 'inside' })
  assert.deepEqual(address('published'), { kind: 'published' })
  for (const text of ['192.0.2.1:80', 'host', 'host:0', 'host:080', 'db.example:80', 'unix:/x']) {
    assert.equal(refused({ 'roadstead.address': text }), 'invalid-address roadstead.address')
  }
})

test('a health check has a path, and means every status that is no error', () => {
  const health = (labels: Labels) =>
    wanted({ 'roadstead.health.path': '/up', ...labels }).pool.health
  assert.deepEqual(health({}), {
    expect: { from: 200, to: 399 },
    graceMs: 0,
    intervalMs: 2_000,
    path: '/up',
  })
  const own = {
    'roadstead.health.expect': '204',
    'roadstead.health.interval': '10s',
    'roadstead.health.grace': '1m',
  }
  assert.deepEqual(health(own)?.expect, { from: 204, to: 204 })
  assert.deepEqual([health(own)?.intervalMs, health(own)?.graceMs], [10_000, 60_000])
  assert.equal(refused(own), 'health-path-missing roadstead.health.interval')
  for (const text of ['20', '2xx', '399-200', '200-', '600', '200,204']) {
    const labels = { 'roadstead.health.path': '/up', 'roadstead.health.expect': text }
    assert.equal(refused(labels), 'invalid-expect roadstead.health.expect', text)
  }
})

test('a key of the wrong place is told the right one', () => {
  const nearest = (key: string) => read({ [key]: 'x' })?.refusals[0]?.details['nearest']
  assert.equal(nearest('roadstead.auth'), 'roadstead.http.default.auth')
  assert.equal(nearest('roadstead.http.r.weight'), 'roadstead.weight')
  assert.equal(nearest('roadstead.helth.path'), 'roadstead.health.path')
  assert.equal(nearest('roadstead.http.r.body-sise'), 'roadstead.http.r.body-size')
  assert.equal(nearest('roadstead.http.r.headers.X-A'), 'roadstead.http.r.headers.set.X-A')
})

test('settings that fill a message refuse the last routes of the container', () => {
  const hosts = Array.from({ length: 16 }, (_, index) => `h${index + 10}.example`).join(',')
  const headers = Object.fromEntries(
    Array.from({ length: 12 }, (_, index) => [`headers.set.X-${index}`, 'x'.repeat(250)]),
  )
  const reading = read(of({ host: hosts, ...headers }))
  assert.equal(reading?.intents.length, 9)
  const reasonsGiven = new Set(reading?.refusals.map(({ reason, domain }) => `${reason} ${domain}`))
  assert.equal(reasonsGiven.size, 7)
  assert.ok(reasonsGiven.has('over-budget h25.example'))
})

test('wishes of a container stand without any route, and none of its routes is forgotten', () => {
  const wishes = (labels: Labels) =>
    readContainerWishes(exampleContainer(1, { labels }), defaultPolicy, sha256)
  const inherit = { 'roadstead.inherit': 'traefik' }
  const own = wishes({ ...inherit, 'roadstead.weight': '2', 'roadstead.hold': '1s' })
  assert.equal(own.kind, 'wishes')
  assert.deepEqual(own.kind === 'wishes' && [own.endpoint, own.holdMs], [{ weight: 2 }, 1_000])
  const told = (labels: Labels) => {
    const found = wishes({ ...inherit, ...labels })
    return found.kind === 'refused' ? [found.reason, found.details['other']] : []
  }
  assert.deepEqual(told({ 'roadstead.host': 'a.example' }), ['incompatible-keys', 'roadstead.host'])
  assert.deepEqual(told({ 'roadstead.weight': 'x' }), ['invalid-weight', undefined])
  assert.deepEqual(told({ 'roadstead.http.r.tls': 'off' }), ['key-later', undefined])
})
