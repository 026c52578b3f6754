import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sha256 } from '@roadstead/bus/sha256.ts'
import type { Container } from '@roadstead/shared/protocol/container.ts'
import { TableSlice } from '@roadstead/shared/protocol/table.ts'
import { edge, scene } from '../../testing/scene.ts'
import { exampleContainer, exampleStamp } from '../examples.ts'
import { explain } from '../explain/explain.ts'
import type { ClaimPolicy } from '../policy/grants.ts'
import { underPolicy } from '../policy/apply.ts'
import { containerViews } from '../views/container-view.ts'
import { routeViews } from '../views/route-view.ts'
import { encodeTable } from './encode.ts'
import { readLabels } from './labels.ts'
import { defaultPolicy } from './policy.ts'

type Labels = Record<string, string>

const { host } = exampleStamp('alpha', 1)
const db = (number: number, labels: Labels = {}, more: Partial<Container> = {}): Container =>
  exampleContainer(number, {
    labels: { 'roadstead.tcp.db.listen': '5432', 'roadstead.service': 'db', ...labels },
    ...more,
  })

/** What an edge is told of these containers. */
function slice(containers: readonly Container[]): TableSlice {
  const table = scene(containers).tables.get(edge)?.table
  assert.ok(table !== undefined)
  const [only] = encodeTable(table, 1, sha256).slices
  return TableSlice.parse(JSON.parse(only?.text ?? ''))
}

function reasons(containers: readonly Container[]): readonly string[] {
  const { verdicts } = scene(containers)
  return [...(verdicts.get(host)?.values() ?? [])]
    .flat()
    .map(({ route, domain, reason, details }) =>
      [route, domain, reason, details['label']].filter(Boolean).join(' '),
    )
}

test('containers of one service serve a port together', () => {
  const { streams, services, routes } = slice([db(1), db(2)])
  assert.deepEqual(routes, [])
  assert.equal(streams?.length, 1)
  const [service] = services
  assert.deepEqual(streams, [{ listen: 5_432, protocol: 'tcp', service: service?.id }])
  assert.equal(service?.protocol, 'tcp')
  assert.equal(service.endpoints.length, 2)
})

test('a table without streams says nothing of them', () => {
  const [, ...rest] = Object.keys(slice([exampleContainer(1, { labels: {} })]))
  assert.ok(!rest.includes('streams'))
})

test('a service with a stream as well keeps the group of its other routes, and its name', () => {
  const host_ = { 'roadstead.host': 'zoo.example', 'roadstead.service': 'db' }
  const [alone] = slice([exampleContainer(1, { labels: host_ })]).services
  const both = slice([db(1, host_)])
  assert.equal(both.routes[0]?.service, alone?.id)
  assert.notEqual(both.streams?.[0]?.service, alone?.id)
  assert.deepEqual(
    both.services.map(({ protocol }) => protocol),
    [undefined, 'tcp'],
  )
})

test('the first service that comes has the port, and of two protocols each has its own', () => {
  const other = { 'roadstead.service': 'other' }
  assert.deepEqual(reasons([db(1), db(2, other)]), [
    'tcp.db tcp:5432 routed',
    'tcp.db tcp:5432 conflict-held',
  ])
  const udp = exampleContainer(2, {
    labels: { 'roadstead.udp.x.listen': '5432', 'roadstead.udp.x.port': '53' },
  })
  assert.deepEqual(reasons([db(1), udp]), ['tcp.db tcp:5432 routed', 'udp.x udp:5432 routed'])
})

test('who wants the port in another way than its holder is told the key', () => {
  assert.deepEqual(reasons([db(1, { 'roadstead.tcp.db.proxy-protocol': 'v1' }), db(2)]), [
    'tcp.db tcp:5432 routed',
    'tcp.db tcp:5432 conflict-held proxy-protocol',
  ])
})

test('nobody can try a port of UDP, so it is believed; one of TCP has to accept connections', () => {
  const deaf = { accepting: [] }
  const dns = { 'roadstead.udp.dns.listen': '5353', 'roadstead.udp.dns.port': '53' }
  assert.deepEqual(reasons([exampleContainer(1, { labels: dns, ...deaf })]), [
    'udp.dns udp:5353 routed',
  ])
  assert.deepEqual(reasons([db(1, {}, deaf)]), ['tcp.db tcp:5432 not-accepting'])
})

test('settings of a stream stand in its table', () => {
  const labels = {
    'roadstead.tcp.db.allow': '10.0.0.0/8',
    'roadstead.tcp.db.timeout': '2m',
    'roadstead.tcp.db.proxy-protocol': 'v1',
    'roadstead.udp.log.listen': '8125',
    'roadstead.udp.log.port': '125',
    'roadstead.udp.log.responses': '0',
  }
  const [tcp, udp] = slice([db(1, labels)]).streams ?? []
  assert.deepEqual(
    { ...tcp, service: '' },
    {
      allow: ['10.0.0.0/8'],
      listen: 5_432,
      protocol: 'tcp',
      proxyProtocol: 'v1',
      service: '',
      timeoutMs: 120_000,
    },
  )
  assert.deepEqual(
    { ...udp, service: '' },
    { listen: 8_125, protocol: 'udp', responses: 0, service: '' },
  )
})

test('bad values cost their stream alone, and name the label', () => {
  const web = { 'roadstead.host': 'a.example' }
  const cases = [
    [{ 'roadstead.tcp.db.port': '5432' }, 'listen-missing'],
    [{ 'roadstead.tcp.db.listen': '0' }, 'invalid-listen roadstead.tcp.db.listen'],
    [{ 'roadstead.tcp.db.listen': '65536' }, 'invalid-listen roadstead.tcp.db.listen'],
    [{ 'roadstead.udp.db.listen': '5353' }, 'port-missing'],
  ] as const
  const pairs = [
    ['proxy-protocol', 'v2', 'invalid-proxy-protocol'],
    ['allow', 'all', 'invalid-allow'],
    ['timeout', '1h', 'invalid-duration'],
    ['responses', '1', 'unknown-key'],
    ['sni', 'a.example', 'key-later'],
  ] as const
  const all = [
    ...cases,
    ...pairs.map(([key, value, reason]) => {
      const label = `roadstead.tcp.db.${key}`
      return [{ 'roadstead.tcp.db.listen': '5432', [label]: value }, `${reason} ${label}`] as const
    }),
  ]
  for (const [labels, told] of all) {
    const reading = readLabels(
      exampleContainer(1, { labels: { ...web, ...labels } }),
      defaultPolicy,
      sha256,
    )
    assert.equal(reading?.intents.length, 1, told)
    const said = reading.refusals.map(({ reason, details }) =>
      [reason, details['label']].filter(Boolean).join(' '),
    )
    assert.deepEqual(said, [told])
  }
})

test('a route that is refused takes no stream of its container with it', () => {
  const bad = { 'roadstead.http.x.host': 'no name', 'roadstead.http.x.allow': '10.0.0.0/8' }
  assert.deepEqual(reasons([db(1, bad)]), [
    'tcp.db tcp:5432 routed',
    'x invalid-host roadstead.http.x.host',
  ])
})

test('what only requests can have is for the other routes, and is remarked on', () => {
  const labels = {
    'roadstead.hold': '5s',
    'roadstead.sticky': 'cookie',
    'roadstead.health.path': '/up',
  }
  const [view] = containerViews(scene([db(1, labels)]))
  assert.deepEqual(
    view?.remarks?.map(({ key, route }) => `${route} ${key}`),
    ['tcp.db roadstead.hold', 'tcp.db roadstead.sticky', 'tcp.db roadstead.health.path'],
  )
  const { services } = slice([db(1, labels)])
  const { holdMs, cookie, health, balance } = services[0] ?? {}
  assert.deepEqual([holdMs, cookie, health, balance], [undefined, undefined, undefined, undefined])
  assert.equal(slice([db(1, { 'roadstead.sticky': 'address' })]).services[0]?.balance, 'sticky')
})

test('ports that stand for something else need a grant, and a policy grants by host and project', () => {
  const granted = (...ports: readonly string[]): ClaimPolicy => ({
    kind: 'granted',
    grants: [{ hosts: [host], domains: [], ports }],
  })
  const told = (listen: string, claims: ClaimPolicy, protocol = 'tcp') => {
    const labels = { [`roadstead.${protocol}.x.listen`]: listen, 'roadstead.port': '80' }
    const container = exampleContainer(1, { labels })
    const reading = readLabels(container, defaultPolicy, sha256)
    assert.ok(reading !== undefined)
    const place = { container, host, policy: { claims, defaults: { compress: true } } }
    const { intents, refusals } = underPolicy(reading, place)
    assert.deepEqual(intents[0]?.settings ?? {}, {})
    return refusals[0]?.reason ?? 'granted'
  }
  const open: ClaimPolicy = { kind: 'open' }
  assert.equal(told('1024', open), 'granted')
  assert.equal(told('22', open), 'port-not-granted')
  assert.equal(told('4222', open), 'port-not-granted')
  assert.equal(told('4222', open, 'udp'), 'granted')
  assert.equal(told('5432', granted('5432')), 'granted')
  assert.equal(told('5432', granted('udp:5432')), 'claim-denied')
  assert.equal(told('22', granted('1-1023')), 'granted')
  assert.equal(told('4222', granted('1-65535')), 'port-not-granted')
  assert.equal(told('4222', granted('tcp:4222')), 'granted')
  const narrow: ClaimPolicy = {
    kind: 'granted',
    grants: [
      { hosts: [host], domains: [], ports: ['1024-65535'] },
      { projects: ['data'], domains: [], ports: ['5432'] },
    ],
  }
  assert.equal(told('5432', narrow), 'claim-denied')
  assert.equal(told('5433', narrow), 'granted')
})

test('a port is asked about by its name, and an edge that does not serve it says why', () => {
  const reason = 'nginx has no stream module: apt-get install libnginx-mod-stream'
  const plain = scene([db(1)])
  const [route] = plain.table.routes.values()
  assert.ok(route !== undefined)
  const told = {
    route: { ...route, stripPrefix: false, service: 'u_0123456789abcdef' },
    containers: [],
    reason,
    since: '',
  }
  const without = scene([db(1)], { quarantined: [told] })
  const explanation = explain('tcp:5432', without)
  assert.ok(explanation?.steps.some(({ details }) => details['reason'] === reason))
  assert.equal(explain('tcp:5432', plain)?.routed, true)
  assert.equal(explain('udp:5432', plain), undefined)
  assert.deepEqual(
    routeViews(without).map(({ domain, path, state }) => `${domain} ${path} ${state}`),
    ['tcp:5432 / quarantined'],
  )
  assert.equal(explain('c1', plain)?.routed, true)
})
