import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sha256 } from '@roadstead/bus/sha256.ts'
import { canonical } from '@roadstead/shared/kernel/canonical.ts'
import { EdgeId } from '@roadstead/shared/kernel/ids.ts'
import type { Container } from '@roadstead/shared/protocol/container.ts'
import { Decision, decisionKey } from '@roadstead/shared/protocol/decision.ts'
import { RouteCondition, RouteSettings } from '@roadstead/shared/protocol/route-settings.ts'
import { TableRoute, TableService } from '@roadstead/shared/protocol/table.ts'
import { exampleAttachment, exampleContainer, exampleSnapshot, exampleStamp } from '../examples.ts'
import { foldAll } from '../graph/fold.ts'
import { emptyGraph } from '../graph/graph.ts'
import { deriveAll } from './derive.ts'
import { tableForEdge } from './edge-table.ts'
import { conditionInOrder, settingsInOrder } from './ordered.ts'
import { defaultPolicy } from './policy.ts'

const host = exampleStamp('alpha', 1).host
const place = { edge: EdgeId.parse('front'), host, addresses: ['192.0.2.9'], httpPort: 8_080 }

function derive(containers: readonly Container[], decisions: readonly Decision[] = []) {
  const { graph } = foldAll(emptyGraph, [
    exampleSnapshot(exampleStamp('alpha', 1), containers),
    ...decisions.map((decision) => {
      return { kind: 'decision' as const, key: decisionKey(decision, sha256), decision }
    }),
  ])
  const { table, verdicts } = deriveAll(graph, { policy: defaultPolicy, digest: sha256 })
  const own = [...tableForEdge(table, graph, place).services.values()]
  const [route] = own.flatMap(({ routes }) => routes)
  const services = own.flatMap((each) => each.services)
  const reasons = [...(verdicts.get(host)?.values() ?? [])].flat().map(({ reason, details }) => {
    return [reason, details['label'], details['share']].filter(Boolean).join(' ')
  })
  return { route, services, reasons, table }
}

type Labels = Record<string, string>

const web = (number: number, service: string, labels: Labels = {}): Container =>
  exampleContainer(number, {
    labels: { 'roadstead.host': 'a.example', 'roadstead.service': service, ...labels },
  })
const route = (labels: Labels): Labels =>
  Object.fromEntries(
    Object.entries(labels).map(([key, it]) => [`roadstead.http.default.${key}`, it]),
  )

/** Addresses of each group, by the last word of its key. */
function groups(services: readonly TableService[]): Record<string, string> {
  return Object.fromEntries(
    services.map(({ key, endpoints }) => [key, endpoints.map(({ address }) => address).join(' ')]),
  )
}

const canary = route({ canary: 'next 10%' })

test('settings and wishes stand in the table in canonical order, and nothing where nobody asks', () => {
  const labels = {
    ...route({ limit: '20r/s', allow: '10.0.0.0/8', scheme: 'https', priority: '3' }),
    'roadstead.sticky': 'cookie:lb',
    'roadstead.health.path': '/up',
    'roadstead.weight': '4',
    'roadstead.max-conns': '9',
  }
  const told = derive([web(1, 'one', labels)])
  const [service] = told.services
  assert.equal(JSON.stringify(told.route), canonical(TableRoute.parse(told.route)))
  assert.equal(JSON.stringify(service), canonical(TableService.parse(service)))
  assert.deepEqual(Object.keys(told.route?.settings ?? {}), ['allow', 'limit'])
  assert.equal(told.route?.priority, 3)
  const { balance, cookie, scheme, health, endpoints } = service ?? {}
  assert.deepEqual([balance, cookie, scheme, health?.path], ['sticky', 'lb', 'https', '/up'])
  assert.deepEqual([endpoints?.[0]?.weight, endpoints?.[0]?.connectionsMax], [4, 9])

  const plain = derive([web(1, 'one')])
  const fields = ['domain', 'match', 'path', 'service', 'stripPrefix']
  assert.deepEqual(Object.keys(plain.route ?? {}), fields)
  assert.deepEqual(Object.keys(plain.services[0] ?? {}), ['endpoints', 'id', 'key'])
})

test('every setting and condition there is can be put in order', () => {
  const whole = RouteSettings.parse({
    allow: ['10.0.0.0/8'],
    auth: 'team',
    users: ['ann:$apr1$x'],
    limit: { requests: 1, per: 'second', burst: 2 },
    bodyBytesMax: 2_048,
    timeoutMs: 1_000,
    buffering: false,
    compress: true,
    responseHeaders: [{ value: 'a', name: 'X-A' }],
    requestHeaders: [{ value: 'b', name: 'X-B' }],
    redirect: { status: 301, scheme: 'https', domain: 'b.example', port: 443, path: '/x' },
    https: 'only',
    hsts: { maxAgeS: 1, subdomains: true, preload: false },
    addPrefix: '/a',
    replacePath: '/b',
    ownHost: true,
    responses: 1,
    proxyProtocol: 'v1',
  } satisfies Record<keyof RouteSettings, unknown>)
  assert.deepEqual(Object.keys(whole).sort(), Object.keys(RouteSettings.shape).sort())
  assert.equal(JSON.stringify(settingsInOrder(whole)), canonical(whole))
  const when = RouteCondition.parse([
    { not: true, methods: ['GET'], kind: 'method' },
    { value: '1', name: 'x-a', not: false, kind: 'header' },
    { networks: ['10.0.0.0/8'], kind: 'client', not: false },
  ])
  assert.equal(JSON.stringify(conditionInOrder(when)), canonical(when))
})

test('who asks for a route in another way than its holder is told the key on which they differ', () => {
  const pairs = [
    [{ allow: '10.0.0.0/8' }, {}, 'allow'],
    [{ limit: '1r/s' }, { limit: '2r/s' }, 'limit'],
    [{ priority: '1' }, {}, 'priority'],
    [{ 'headers.set.X-A': '1' }, { 'headers.set.X-A': '2' }, 'headers.set.X-A'],
    [{ canary: 'next 1%' }, {}, 'canary'],
  ] as const
  for (const [held, asked, key] of pairs) {
    const { reasons } = derive([web(1, 'one', route(held)), web(2, 'one', route(asked))])
    assert.deepEqual(reasons, ['routed', `conflict-held ${key}`])
  }
})

test('what the service wants of its pool is the word of the holder, and routes may differ in it', () => {
  const least = web(2, 'one', { 'roadstead.balance': 'least-conn' })
  const { reasons, services } = derive([web(1, 'one', { 'roadstead.sticky': 'address' }), least])
  assert.deepEqual(reasons, ['routed', 'routed'])
  assert.equal(services[0]?.balance, 'sticky')

  const two = {
    'roadstead.http.x.host': 'x.example',
    'roadstead.http.x.scheme': 'https',
  }
  const schemes = derive([web(1, 'one', two)]).services.map(({ scheme }) => scheme)
  assert.deepEqual(schemes, [undefined, 'https'])
})

test('a canary gets its share when both services ask for it, and is named by the route', () => {
  const told = derive([web(1, 'shop', canary), web(2, 'shop', canary), web(3, 'next')])
  assert.deepEqual(told.reasons, ['routed', 'routed', 'routed 10% of shop'])
  assert.deepEqual(groups(told.services), { shop: '172.17.0.1 172.17.0.2', next: '172.17.0.3' })
  const id = told.services.find(({ key }) => key === 'next')?.id
  assert.deepEqual(told.route?.canary, { percent: 10, service: id })
  const share = told.table.routes.get('a.example prefix /')?.share
  assert.equal(share?.service, 'next')
})

test('a canary that only one of the two asks for is none', () => {
  assert.deepEqual(derive([web(1, 'shop'), web(3, 'next')]).reasons, ['routed', 'conflict-held'])
  const alone = derive([web(1, 'shop', canary)])
  assert.equal(alone.route?.canary, undefined)
  assert.deepEqual(groups(alone.services), { shop: '172.17.0.1' })
})

test('who wants a restriction that the holder does not have gets no share', () => {
  const strict = web(3, 'next', route({ allow: '10.0.0.0/8' }))
  assert.deepEqual(derive([web(1, 'shop', canary), strict]).reasons, [
    'routed',
    'conflict-held allow',
  ])
  const tls = web(3, 'next', route({ scheme: 'https' }))
  assert.deepEqual(derive([web(1, 'shop', canary), tls]).reasons, [
    'routed',
    'conflict-held scheme',
  ])
})

test('a canary does not take a free name from the one that names it, by any order', () => {
  const { reasons } = derive([web(1, 'next'), web(2, 'shop', canary)])
  assert.deepEqual(reasons, ['routed 10% of shop', 'routed'])
})

test('while a canary cannot serve, its group stays, and is empty', () => {
  const down = { ...web(3, 'next'), state: 'exited' as const }
  const told = derive([web(1, 'shop', canary), down])
  assert.deepEqual(groups(told.services), { shop: '172.17.0.1', next: '' })
  assert.equal(told.route?.canary?.percent, 10)
})

test('a route outlives its containers as it was', () => {
  const [domain, path, match, service] = ['a.example', '/', 'prefix', 'shop']
  const settings = { allow: ['10.0.0.0/8'] }
  const fields = { domain, path, match, service, host, container: exampleContainer(9).id }
  const canaryToo = { settings, priority: 2, canary: { service: 'next', percent: 5 } }
  const claim = Decision.parse({ kind: 'claim', ...fields, ...canaryToo, since: 'then' })
  const told = derive([web(3, 'next', route({ allow: '10.0.0.0/8', priority: '2' }))], [claim])
  assert.deepEqual(told.reasons, ['routed 5% of shop'])
  assert.deepEqual([told.route?.settings, told.route?.priority], [settings, 2])
  assert.equal(told.route?.canary?.percent, 5)
})

test('labels narrow the ways to a container, and say so when none is left', () => {
  const ports = [{ port: 80, protocol: 'tcp' as const, exposed: true, published: [bound(31_007)] }]
  const edge = { ...exampleAttachment(9), network: 'edge' }
  const attachments = [exampleAttachment(1), edge]
  const at = (labels: Labels) => {
    const { services, reasons } = derive([{ ...web(1, 'one', labels), ports, attachments }])
    const [endpoint] = services.flatMap(({ endpoints }) => endpoints)
    return endpoint === undefined ? reasons[0] : `${endpoint.address}:${endpoint.port}`
  }
  assert.equal(at({}), '172.17.0.1:80')
  assert.equal(at({ 'roadstead.network': 'edge' }), '172.17.0.9:80')
  assert.equal(at({ 'roadstead.network': 'none' }), 'network-missing')
  assert.equal(at({ 'roadstead.address': 'published' }), '192.0.2.10:31007')
  assert.equal(at({ 'roadstead.address': 'host:31007' }), '192.0.2.10:31007')
  assert.equal(at({ 'roadstead.address': 'host:22' }), 'address-not-published')
  assert.equal(at({ 'roadstead.address': 'inside' }), '172.17.0.1:80')
})

function bound(port: number): { address: string; port: number } {
  return { address: '0.0.0.0', port }
}
