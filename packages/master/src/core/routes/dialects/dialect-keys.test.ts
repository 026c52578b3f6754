import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sha256 } from '@roadstead/bus/sha256.ts'
import { HostId } from '@roadstead/shared/kernel/ids.ts'
import { exampleContainer } from '../../examples.ts'
import { ListenName } from '@roadstead/shared/protocol/route.ts'
import type { Reading } from '../intent.ts'
import { defaultPolicy } from '../policy.ts'
import type { DialectKey } from './dialect-key.ts'
import { virtualHostKeys, virtualHostLabelKeys } from './nginx-proxy/virtual-host-keys.ts'
import { readAsks } from './read-asks.ts'
import { matcherKeys } from './rule/matcher-keys.ts'
import { streamMatcherKeys } from './traefik/stream-keys.ts'
import { traefikKeys } from './traefik/traefik-labels.ts'

/** Every row that docs/dialects.md shows is so. */

type Texts = Readonly<Record<string, string>>

const policy = {
  ...defaultPolicy,
  dialects: {
    ...defaultPolicy.dialects,
    traefikExposedByDefault: false,
    entryPoints: {
      pg: ListenName.parse('tcp:5432'),
      pg2: ListenName.parse('tcp:5433'),
      dns: ListenName.parse('udp:5353'),
    },
  },
}

function read(labels: Texts, routingEnvironment: Texts = {}): Reading | undefined {
  const environmentNames = Object.keys(routingEnvironment)
  const container = exampleContainer(1, { labels, routingEnvironment, environmentNames })
  return readAsks({ container, host: HostId.parse('alpha'), policy, digest: sha256 })
}

/** The reading with a key, and the one of all the rest. */
interface Pair {
  readonly key: string
  readonly with: Reading | undefined
  readonly without: Reading | undefined
}

function traefikPair(row: DialectKey): Pair {
  const key = row.key
    .replace(/<(?:router|service|middleware|transport)>/, 'web')
    .replace('<Name>', 'X-Team')
    .replace('…', 'x')
  const [, part] = key.split('.')
  const protocol = part === 'tcp' || part === 'udp' ? part : 'http'
  const rest = {
    'traefik.enable': 'true',
    [`traefik.${protocol}.services.web.loadbalancer.server.port`]: '80',
    ...ASKING[protocol],
    ...(row.key.includes('<middleware>') && {
      [`traefik.${protocol}.routers.web.middlewares`]: 'web',
    }),
    ...row.beside,
  }
  return pairOf(key, rest, row.example, (labels) => read(labels))
}

const ASKING = {
  http: { 'traefik.http.routers.web.rule': 'Host(`a.example`)' },
  tcp: {
    'traefik.tcp.routers.web.rule': 'HostSNI(`*`)',
    'traefik.tcp.routers.web.entrypoints': 'pg',
  },
  udp: { 'traefik.udp.routers.web.entrypoints': 'dns' },
} as const

function virtualHostPair(row: DialectKey): Pair {
  const rest = { VIRTUAL_HOST: 'a.example', ...row.beside }
  return pairOf(row.key, rest, row.example, (variables) => read({}, variables))
}

function virtualLabelPair(row: DialectKey): Pair {
  const asked = { VIRTUAL_HOST: 'a.example' }
  return pairOf(row.key, {}, row.example, (labels) => read(labels, asked))
}

function pairOf(
  key: string,
  rest: Texts,
  example: string,
  reader: (texts: Texts) => Reading | undefined,
): Pair {
  const { [key]: _, ...without } = rest
  return { key, with: reader({ ...rest, [key]: example }), without: reader(without) }
}

function check(row: DialectKey, pair: Pair): void {
  const { intents = [], refusals = [], remarks = [] } = pair.with ?? {}
  const reasons = refusals.map(({ reason }) => reason)
  const isRemarked = remarks.some(
    ({ key, why }) => key === pair.key.slice(0, 61) || why === row.why,
  )
  switch (row.state) {
    case 'works':
      assert.deepEqual(reasons, [])
      assert.notDeepEqual(intents, pair.without?.intents ?? [], 'it makes no difference')
      assert.ok(!isRemarked)
      break
    case 'remark':
      assert.deepEqual(reasons, [])
      assert.equal(intents.length, 1)
      assert.ok(isRemarked, 'nothing is said of it')
      break
    case 'refused':
      assert.deepEqual(reasons, [row.reason])
      assert.deepEqual(intents, [])
      break
    case 'later':
      assert.deepEqual(reasons, ['key-later'])
      assert.deepEqual(intents, [])
  }
}

for (const row of traefikKeys) {
  test(`${row.state}: ${row.key}`, () => check(row, traefikPair(row)))
}
for (const row of virtualHostKeys) {
  test(`${row.state}: ${row.key}`, () => check(row, virtualHostPair(row)))
}
for (const row of virtualHostLabelKeys) {
  test(`${row.state}: ${row.key}`, () => check(row, virtualLabelPair(row)))
}
for (const row of matcherKeys) {
  test(`${row.state} in a rule: ${row.key}`, () => {
    const labels = { 'traefik.enable': 'true', 'traefik.http.routers.web.rule': row.example }
    check(row, { key: row.key, with: read(labels), without: undefined })
  })
}
for (const row of streamMatcherKeys) {
  test(`${row.state} in a rule of TCP: ${row.key}`, () => {
    const labels = {
      ...ASKING.tcp,
      'traefik.enable': 'true',
      'traefik.tcp.routers.web.rule': row.example,
    }
    check(row, { key: row.key, with: read(labels), without: undefined })
  })
}
