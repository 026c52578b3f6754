import assert from 'node:assert/strict'
import { isIP } from 'node:net'
import { test } from 'node:test'
import { sha256 } from '@roadstead/bus/sha256.ts'
import { HostId } from '@roadstead/shared/kernel/ids.ts'
import { reasonTable } from '@roadstead/shared/protocol/reasons.ts'
import { ListenName } from '@roadstead/shared/protocol/route.ts'
import { RouteCondition, RouteSettings } from '@roadstead/shared/protocol/route-settings.ts'
import fc from 'fast-check'
import { exampleContainer } from '../../examples.ts'
import type { Intent, Reading } from '../intent.ts'
import { defaultPolicy } from '../policy.ts'
import { virtualHostKeys, virtualHostLabelKeys } from './nginx-proxy/virtual-host-keys.ts'
import { readAsks } from './read-asks.ts'
import { traefikKeys } from './traefik/traefik-labels.ts'

/**
 * Hostile labels and variables. Whatever gets through has to survive being read back by a browser's
 * parser and hold nothing that has a meaning in nginx's syntax; whatever does not, has a reason and is
 * fit to be shown; and nothing takes longer than its length allows.
 */
const RUNS = Number(process.env['FUZZ_RUNS'] ?? 4_000)

const PIECES = [
  ['a.example', 'b.example', '*.example', '~^a', 'xn--', '-', '.', '..', '/', '//', '%2e', '/api'],
  ['$host', ';', '{', '}', '#', '"', "'", '\\', '\n', '\r', '\u0000', '\u2028', 'ａ', 'K', 'é'],
  ['Host(`', 'Host("', '`)', '")', ' && ', ' || ', '!', '(', ')', ',', 'PathPrefix(`/', 'Path(`/'],
  ['HostSNI(`*`)', 'HostSNI(`', '*', 'pg', 'dns', 'pg,dns', '1', '2'],
  ['Header(`X-T`, `', 'ClientIP(`', '10.0.0.0/8', '::1', 'Method(`GET`)', 'HostRegexp(`'],
  [
    '{"a.example":{"/":{"port":80}}}',
    'a.example:\n  /:\n    port: 80',
    '{a.example: {',
    ': ',
    '&x',
    '*x',
  ],
  ['80', '0', '-1', '65536', '1e3', '0x50', '10s', '1m30s', 'true', 'false', 'T', 'https', 'h2c'],
  [
    'web',
    'web@docker',
    'web@file',
    'api@internal',
    'ann:{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g=',
    'ann:pw',
  ],
  [
    'least_conn;',
    'hash $x;',
    'internal',
    'redirect',
    'max-age=1',
    'proxy_pass http://x;',
    '__proto__',
  ],
].flat()

const entryPoints = { pg: ListenName.parse('tcp:5432'), dns: ListenName.parse('udp:5353') }
const policy = { ...defaultPolicy, dialects: { ...defaultPolicy.dialects, entryPoints } }

const value = fc.oneof(
  fc.array(fc.constantFrom(...PIECES), { maxLength: 8 }).map((pieces) => pieces.join('')),
  fc.constantFrom(...PIECES),
  fc.string({ unit: 'binary', maxLength: 40 }),
)

const name = fc.constantFrom('web', 'WEB', 'other', '__proto__', 'constructor', 'x-y', 'é')
const traefikKey = fc.oneof(
  fc
    .tuple(fc.constantFrom(...traefikKeys), name)
    .map(([row, to]) => row.key.replace(/<[^>]+>/g, to).replace('…', 'x')),
  value.map((text) => `traefik.http.routers.web.${text}`),
  value.map((text) => `traefik.tcp.routers.web.${text}`),
  value.map((text) => `Traefik.${text}`),
)
const variable = fc.constantFrom(...virtualHostKeys.map(({ key }) => key))
const virtualLabel = fc.constantFrom(...virtualHostLabelKeys.map(({ key }) => key))

const texts = (key: fc.Arbitrary<string>) =>
  fc.array(fc.tuple(key, value), { maxLength: 2 }).map((pairs) => new Map(pairs))

test('nothing gets through that a browser reads otherwise or nginx could take for syntax', () => {
  let accepted = 0
  const labels = texts(fc.oneof({ weight: 3, arbitrary: traefikKey }, virtualLabel))
  const bases = fc.constantFrom(
    { 'traefik.http.routers.web.rule': 'Host(`a.example`)' },
    {
      'traefik.http.routers.web.rule': 'Host(`a.example`)',
      'traefik.http.routers.web.middlewares': 'web',
    },
    {
      'traefik.tcp.routers.web.rule': 'HostSNI(`*`)',
      'traefik.tcp.routers.web.entrypoints': 'pg',
      'traefik.tcp.routers.web.middlewares': 'web',
      'traefik.tcp.middlewares.web.ipallowlist.sourcerange': '10.0.0.0/8',
      'traefik.udp.routers.web.entrypoints': 'dns',
      'traefik.udp.services.web.loadbalancer.server.port': '53',
    },
    {},
  )
  fc.assert(
    fc.property(
      bases,
      labels,
      fc.oneof(fc.constant(new Map<string, string>()), texts(variable)),
      (base, ownLabels, ownVariables) => {
        const reading = read(
          { ...base, ...Object.fromEntries(ownLabels) },
          { VIRTUAL_HOST: 'a.example', ...Object.fromEntries(ownVariables) },
        )
        accepted += reading?.intents.length ?? 0
        if (reading !== undefined) examine(reading)
      },
    ),
    { numRuns: RUNS },
  )
  assert.ok(accepted > RUNS / 4, `only ${accepted} accepted: the test tests nothing`)
})

test('what may hold a secret is never shown', () => {
  const field = fc.constantFrom('basicauth.users', 'BasicAuth.Users[0]', 'digestauth.users')
  fc.assert(
    fc.property(field, value, fc.boolean(), (key, text, isRaw) => {
      const secret = isRaw ? `hunter2${text}` : `ann:${text}hunter2`
      const reading = read(
        {
          'traefik.http.routers.web.rule': 'Host(`a.example`)',
          'traefik.http.routers.web.middlewares': 'web',
          [`traefik.http.middlewares.web.${key}`]: secret,
        },
        {},
      )
      const { refusals, remarks } = reading ?? {}
      assert.doesNotMatch(JSON.stringify({ refusals, remarks }), /hunter2/)
    }),
    { numRuns: RUNS / 4 },
  )
})

test('length costs no more than its share', () => {
  const full = 4_000
  const nasty = [
    '(',
    '!',
    '!(',
    '`',
    '"\\',
    'Host(`a.x`)||',
    'Host(`a.x`)&&(',
    ' ',
    'a',
    '\\"',
    ',',
  ]
  for (const piece of nasty) {
    const text = piece.repeat(Math.floor(full / piece.length))
    const before = process.cpuUsage()
    read({ 'traefik.http.routers.web.rule': text, [`traefik.${text.slice(0, 256)}`]: text }, {})
    for (const open of ['', '{', '{"a":', 'a:\n  ', 'a: "', '"', "'", '{a: {']) {
      read({}, { VIRTUAL_HOST_MULTIPORTS: open + text })
    }
    const lines = `${piece}\n${' '.repeat(3)}`.repeat(400)
    read({}, { VIRTUAL_HOST_MULTIPORTS: lines, VIRTUAL_HOST: text, HSTS: text })
    const { user, system } = process.cpuUsage(before)
    assert.ok(user + system < 500_000, `${piece} took ${(user + system) / 1_000} ms`)
  }
})

function read(labels: Record<string, string>, variables: Record<string, string>) {
  const environmentNames = Object.keys(variables)
  const container = exampleContainer(1, { labels, routingEnvironment: variables, environmentNames })
  const host = HostId.parse('alpha')
  return readAsks({ container, host, policy, digest: sha256 })
}

const PRINTABLE = /^[\x20-\x7e]*$/
const METACHARACTERS = /[\s;{}#$"'\\`<>()|^*[\]%&=!,?@]/

function examine({ intents, refusals, remarks }: Reading): void {
  assert.equal(new Set(intents.map(({ key }) => key)).size, intents.length)
  intents.forEach(examineIntent)
  for (const { reason, details, route } of refusals) {
    assert.ok(reason in reasonTable)
    for (const text of [route, ...Object.values(details)]) assert.match(text, PRINTABLE)
  }
  for (const { key, why } of remarks) {
    assert.match(key, PRINTABLE)
    assert.doesNotMatch(why, /[\p{Cc}$`\\]/u)
  }
}

function examineIntent({ domain, path, port, service, settings, when, priority, pool }: Intent) {
  for (const text of [domain, path, service]) assert.doesNotMatch(text, METACHARACTERS)
  if (pool.protocol !== undefined) {
    // Only the policy names ports; no label of another tool does.
    assert.ok(Object.values(entryPoints).some((listen) => listen === domain))
    assert.equal(path, '/')
  } else {
    const url = new URL(`http://${domain}:${port}${path}`)
    assert.deepEqual([url.hostname, url.pathname], [domain, path])
    assert.equal(isIP(domain), 0)
  }
  assert.ok(Number.isInteger(port) && port >= 1 && port <= 65_535)
  assert.ok(Number.isInteger(priority) && Math.abs(priority) <= 1_000_000)
  assert.deepEqual(RouteSettings.parse(settings), settings)
  if (when !== undefined) assert.deepEqual(RouteCondition.parse(when), when)
  const words = [settings.addPrefix, settings.replacePath, pool.cookie, ...(settings.allow ?? [])]
  for (const text of words) assert.doesNotMatch(text ?? '', METACHARACTERS)
  for (const { name: header, value: text } of settings.requestHeaders ?? []) {
    assert.doesNotMatch(`${header}${text}`, /[{}#$"'\\`<>\p{Cc}]/u)
  }
}
