import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sha256 } from '@roadstead/bus/sha256.ts'
import { HostId } from '@roadstead/shared/kernel/ids.ts'
import type { Container } from '@roadstead/shared/protocol/container.ts'
import { ListenName } from '@roadstead/shared/protocol/route.ts'
import { exampleContainer } from '../../../examples.ts'
import { defaultPolicy, type Policy } from '../../policy.ts'
import { readAsks } from '../read-asks.ts'

type Texts = Readonly<Record<string, string>>

const entryPoints = {
  pg: ListenName.parse('tcp:5432'),
  also: ListenName.parse('tcp:5432'),
  Other: ListenName.parse('tcp:5433'),
  dns: ListenName.parse('udp:5353'),
}
const policy: Policy = {
  ...defaultPolicy,
  dialects: { ...defaultPolicy.dialects, entryPoints },
}

/** What becomes of labels of Traefik, one line for each route, without what all of them begin with. */
function told(labels: Texts, changes: Partial<Container> = {}, by = policy): readonly string[] {
  const full = Object.entries(labels).map(([key, value]) => [`traefik.${key}`, value])
  const container = exampleContainer(1, { labels: Object.fromEntries(full), ...changes })
  const reading = readAsks({ container, host: HostId.parse('h'), policy: by, digest: sha256 })
  return [
    ...(reading?.intents ?? []).map(({ route, domain, port }) => `${route} ${domain} to ${port}`),
    ...(reading?.refusals ?? []).map(({ route, reason, domain, details }) =>
      [route, reason, domain, details['value'], details['nearest']].filter(Boolean).join(' '),
    ),
  ]
}

const router = (more: Texts = {}, name = 'db'): Texts => {
  const all = { rule: 'HostSNI(`*`)', entrypoints: 'pg', ...more }
  return Object.fromEntries(
    Object.entries(all).map(([key, value]) => [`tcp.routers.${name}.${key}`, value]),
  )
}

test('a router is served at the port that the policy gives to its entry point', () => {
  assert.deepEqual(told(router()), ['tcp.db tcp:5432 to 80'])
  assert.deepEqual(told(router({ entrypoints: 'pg, also ,,Other' })), [
    'tcp.db tcp:5432 to 80',
    'tcp.db tcp:5433 to 80',
  ])
  const others = { 'TCP.Routers.DB.Rule': 'hostsni("*")', 'tcp.routers.db.EntryPoints[0]': 'pg' }
  assert.deepEqual(told(others), ['tcp.db tcp:5432 to 80'])
})

test('without the policy no port is guessed, and the answer is the reason', () => {
  assert.deepEqual(told(router(), {}, defaultPolicy), ['tcp.db entry-point-unknown pg'])
  assert.deepEqual(told(router({ entrypoints: ',' })), ['tcp.db entry-point-missing'])
  assert.deepEqual(told(router({ entrypoints: 'other,dns,toString' })), [
    'tcp.db entry-point-unknown other Other',
    'tcp.db entry-point-unknown dns',
    'tcp.db entry-point-unknown toString',
  ])
})

test('a rule means everybody, or nobody is served by it', () => {
  const rules = {
    'HostSNI(`*`) || HostSNI(`*`)': 'rule-refused',
    '!HostSNI(`*`)': 'rule-refused',
    '(HostSNI("*"))': undefined,
    'HostSNI(`a.example`)': 'key-later',
    'HostSNI(`*`, `a.example`)': 'key-later',
    'HostSNI(`*`) && ClientIP(`10.0.0.0/8`)': 'rule-refused',
    'HostSNI(`*`) && Host(`a.example`)': 'rule-refused',
    'HostSNIRegexp(`^.*$`)': 'regex-refused',
    'HostSNI(`*`': 'rule-unreadable',
    [`HostSNI(\`*\`)${' '.repeat(4_096)}`]: 'over-budget',
  }
  for (const [rule, reason] of Object.entries(rules)) {
    const expected = reason === undefined ? 'tcp.db tcp:5432 to 80' : `tcp.db ${reason} tcp:5432`
    assert.deepEqual(told(router({ rule })), [expected], rule)
  }
  const { 'tcp.routers.db.rule': _, ...without } = router()
  assert.deepEqual(told(without), ['tcp.db rule-missing tcp:5432'])
})

test('TLS is for the container, and never ended on the way', () => {
  const passed = ['tcp.db tcp:5432 to 80']
  const ended = ['tcp.db tls-refused tcp:5432']
  assert.deepEqual(told(router({ 'tls.passthrough': 'true', tls: 'true' })), passed)
  assert.deepEqual(told(router({ tls: 'false' })), passed)
  assert.deepEqual(told(router({ tls: 'true' })), ended)
  assert.deepEqual(told(router({ 'tls.passthrough': 'false' })), ended)
  assert.deepEqual(told(router({ 'tls.passthrough': 'true', 'tls.certresolver': 'x' })), ended)
  assert.deepEqual(told(router({ tls: 'on' })), ['tcp.db invalid-value tcp:5432 on'])
})

test('of two routers for one port the first has it, and none takes in whom another restricts', () => {
  const two = { ...router(), ...router({ entrypoints: 'also' }, 'twin') }
  assert.deepEqual(told(two), ['tcp.db tcp:5432 to 80', 'tcp.twin duplicate-route tcp:5432'])
  const restricted = { ...router({ middlewares: 'gone' }, 'a'), ...router({}, 'b') }
  assert.deepEqual(told(restricted), [
    'tcp.a middleware-unknown tcp:5432',
    'tcp.b beside-refused tcp:5432',
  ])
})

test('what is wrong with a router of requests costs no connection', () => {
  const http = { 'http.routers.web.rule': 'Host(', 'http.routers.web.middlewares': 'x' }
  assert.deepEqual(told({ ...http, ...router() }), ['tcp.db tcp:5432 to 80', 'web rule-unreadable'])
})

test('services are of their own protocol, and a port alone is found by it', () => {
  const ports: Container['ports'] = [
    { port: 80, protocol: 'tcp', exposed: true, published: [] },
    { port: 53, protocol: 'udp', exposed: true, published: [] },
  ]
  const both = { ...router(), 'udp.routers.names.entrypoints': 'dns' }
  assert.deepEqual(told(both, { ports }), ['tcp.db tcp:5432 to 80', 'udp.names udp:5353 to 53'])
  const other = { ...router({ service: 's' }), 'http.services.s.loadbalancer.server.port': '8' }
  assert.deepEqual(told(other), ['tcp.db service-unknown tcp:5432 s'])
  const port = { 'tcp.services.s.loadbalancer.server.port': '81' }
  assert.deepEqual(told({ ...router({ service: 's@docker' }), ...port }), ['tcp.db tcp:5432 to 81'])
  const inherited = { 'traefik.tcp.services.s.loadbalancer.server.port': '81' }
  assert.deepEqual(told(router(), { inheritedLabels: inherited }), ['tcp.db tcp:5432 to 81'])
})

test('a label that nobody knows restricts a router, and tunes a service', () => {
  assert.deepEqual(told(router({ midlewares: 'x' })), [
    'tcp.db unknown-key tcp:5432 traefik.tcp.routers.db.middlewares',
  ])
  const service = { 'tcp.services.s.loadbalancer.colour': 'red' }
  assert.deepEqual(told({ ...router(), ...service }), ['tcp.db tcp:5432 to 80'])
  const filter = { 'tcp.middlewares.m.ipallowlist.sourcerange': '10.0.0.0/8,10.0.0.999' }
  const filtered = told({ ...router({ middlewares: 'm' }), ...filter })
  assert.deepEqual(filtered, ['tcp.db invalid-value tcp:5432 10.0.0.0/8,10.0.0.999'])
})

test('all routers of a container are within one budget, and off is off', () => {
  const limits = { ...policy.limits, routesPerContainerMax: 1 }
  const both = { 'http.routers.web.rule': 'Host(`a.example`)', ...router() }
  assert.deepEqual(told(both, {}, { ...policy, limits }), [
    'web a.example to 80',
    'tcp.db over-budget',
  ])
  assert.deepEqual(told({ ...router(), enable: 'false' }), ['tcp.db disabled false'])
})
