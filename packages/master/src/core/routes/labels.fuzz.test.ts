import assert from 'node:assert/strict'
import { isIP } from 'node:net'
import { test } from 'node:test'
import { sha256 } from '@roadstead/bus/sha256.ts'
import { reasonTable } from '@roadstead/shared/protocol/reasons.ts'
import fc from 'fast-check'
import { exampleContainer } from '../examples.ts'
import { containerFields, HEADER_PREFIX, routeFields, streamFieldsOf } from './label-keys.ts'
import type { Intent } from './intent.ts'
import { readLabels } from './labels.ts'
import { defaultPolicy } from './policy.ts'

/**
 * Hostile labels against a judge who shares no code with the grammar: whatever gets through has to
 * survive being put into a URL and read back by a browser's parser, and has to hold nothing that
 * has a meaning in nginx's syntax.
 */

const METACHARACTERS = /[\s;{}#$"'\\`<>()|^*[\]%&=!,?@]/

const PIECES = [
  ['a', 'shop', 'example', 'com', 'xn--', 'xn--p1ai', '-', '.', '..', '/', '//', '%2e', '%00'],
  ['*', '~', '^', '$', '${jndi}', '$host', ';', '{', '}', '#', '"', "'", '\\', '\n', '\r', '\t'],
  ['\u0000', '\u200b', 'ａ', 'ı', 'K', 'é', '127.0.0.1', '0x7f.1', '[::1]', ':80', '@', '?'],
  ['proxy_pass http://x', 'include /etc/passwd', 'return 200', 'localhost', '_', 'A', ',', ' '],
  ['80', '080', '65535', '65536', '1e3', '+1', '-1', 'true', 'false', 'True', 'prefix', 'exact'],
  ['regex', '__proto__', 'constructor', '.well-known', 'a'.repeat(64), '~a', '.', 'api', '/api'],
].flat()

/** Good values of the newer keys, so that many are accepted; with a piece before or behind, few. */
const GOOD = [
  ['10.0.0.0/8', '192.0.2.1,::1', 'basic:team', '20r/s burst=40', '64m', '10s', 'grpc', '-5', '7'],
  ['https', 'https://b.example/x 301', '/x', 'redirect', 'only', 'next 10%', 'max-age=1, x', '*'],
  ['v1', '5432', '8125', '0', 'tcp', 'udp'],
  ['cookie:lb', 'address', 'least-conn', '200-299', 'bridge', 'host:8080', 'published', '100'],
].flat()

const value = fc.oneof(
  fc.constantFrom(...GOOD),
  fc.tuple(fc.constantFrom(...GOOD), fc.constantFrom(...PIECES)).map((pair) => pair.join('')),
  fc.array(fc.constantFrom(...PIECES), { maxLength: 6 }).map((pieces) => pieces.join('')),
  fc.domain(),
  fc.webPath(),
  fc.string({ unit: 'binary', maxLength: 40 }),
)

const key = fc.oneof(
  fc.constantFrom(
    'roadstead.host',
    'roadstead.path',
    'roadstead.port',
    'roadstead.service',
    'roadstead.http.r.host',
    'roadstead.http.r.path',
    'roadstead.http.r.match',
    'roadstead.http.r.port',
    'roadstead.http.r.strip-prefix',
    ...[...routeFields, `${HEADER_PREFIX}X-A`].map((field) => `roadstead.http.r.${field}`),
    ...containerFields.map((field) => `roadstead.${field}`),
    ...streamFieldsOf.tcp.map((field) => `roadstead.tcp.s.${field}`),
    ...streamFieldsOf.udp.map((field) => `roadstead.udp.s.${field}`),
    'roadstead.tcp.s.listen',
  ),
  value.map((text) => `roadstead.http.r.${HEADER_PREFIX}${text}`),
  value.map((text) => `roadstead.${text}`),
  value.map((text) => `roadstead.http.${text}.host`),
  value.map((text) => `roadstead.tcp.${text}.listen`),
)

test('nothing gets through that a browser reads otherwise or nginx could take for syntax', () => {
  let accepted = 0
  fc.assert(
    fc.property(fc.array(fc.tuple(key, value), { minLength: 1, maxLength: 4 }), (pairs) => {
      const labels = Object.fromEntries([['roadstead.host', 'a.example'] as const, ...pairs])
      const reading = readLabels(exampleContainer(1, { labels }), defaultPolicy, sha256)
      for (const intent of reading?.intents ?? []) {
        accepted += 1
        if (intent.pool.protocol === undefined) examine(intent)
        else examineStream(intent)
        examineWishes(intent)
      }
      for (const { reason, details, route } of reading?.refusals ?? []) {
        assert.ok(reason in reasonTable)
        for (const text of Object.values(details)) assert.match(text, /^[\x20-\x7e]*$/)
        assert.match(route, /^[\x20-\x7e]{0,64}$/)
      }
    }),
    { numRuns: 10_000 },
  )
  assert.ok(accepted > 1_000, `only ${accepted} accepted: the test tests nothing`)
})

function examine({
  domain,
  path,
  port,
  service,
}: {
  readonly domain: string
  readonly path: string
  readonly port: number
  readonly service: string
}): void {
  for (const text of [domain, path, service]) {
    assert.doesNotMatch(text, METACHARACTERS)
    assert.doesNotMatch(text, /[^\x21-\x7e]/)
  }
  const url = new URL(`http://${domain}:${port}${path}`)
  assert.equal(url.hostname, domain)
  assert.equal(url.pathname, path)
  assert.equal(url.port === '' ? '80' : url.port, String(port))
  assert.equal(url.search + url.hash + url.username + url.password, '')
  assert.equal(isIP(domain), 0)
  assert.ok(domain.includes('.') && domain.length <= 253)
  assert.ok(!path.split('/').some((segment) => segment === '.' || segment === '..'))
  assert.ok(!path.includes('//') && path.startsWith('/'))
  assert.ok(Number.isInteger(port) && port >= 1 && port <= 65_535)
}

/** What nginx, a shell or a page would take for more than text. A tilde is, where a word begins. */
const MEANING = /[^\x20-\x7e]|["'$\\{}`#<>&|^]|^~/

/** A stream has a port where others have a name, by a judge of its own. */
function examineStream({ domain, path, pool, port, service }: Intent): void {
  const [protocol, listen, ...rest] = domain.split(':')
  assert.equal(protocol, pool.protocol)
  assert.equal(String(Number(listen)), listen)
  for (const each of [port, Number(listen)]) assert.ok(each >= 1 && each <= 65_535)
  assert.deepEqual([path, rest], ['/', []])
  assert.doesNotMatch(service, METACHARACTERS)
}

/** Every text anywhere in what was accepted, a header's value included, is without meaning to nginx. */
function examineWishes({ settings, pool, endpoint, canary, priority }: Intent): void {
  const wishes = { settings, pool, endpoint, canary, priority }
  JSON.stringify(wishes, (_key: string, inner: unknown) => {
    if (typeof inner === 'string') assert.doesNotMatch(inner, MEANING)
    if (typeof inner === 'number') assert.ok(Number.isSafeInteger(inner))
    return inner
  })
  for (const network of settings.allow ?? []) {
    const [address = '', bits] = network.split('/')
    assert.ok(isIP(address) > 0 && Number(bits) <= (isIP(address) === 4 ? 32 : 128), network)
  }
  for (const { name } of settings.responseHeaders ?? []) {
    assert.match(name, /^[A-Za-z][A-Za-z0-9-]*$/)
    assert.doesNotMatch(name, /^(?:host|content-length|transfer-encoding|set-cookie|x-accel)/i)
  }
  const { redirect } = settings
  if (redirect?.domain !== undefined)
    assert.equal(new URL(`http://${redirect.domain}`).host, redirect.domain)
}
