import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Container } from '@roadstead/shared/protocol/container.ts'
import { aContainer, idOf } from '../testing.ts'
import { nextTryMs, planReadiness, tryPhase, type Vantage } from './readiness.ts'

const web = { port: 80, protocol: 'tcp', exposed: true, published: [] } as const
const asking = (more: Partial<Container> = {}): Container =>
  aContainer({
    labels: { 'roadstead.host': 'a.test' },
    ports: [{ ...web, published: [] }],
    ...more,
  })
const here = { kind: 'here' } as const
const plan = (it: Container, others: readonly Container[] = [], vantage: Vantage = here) =>
  planReadiness(it, (id) => others.find((other) => other.id === id), vantage)

test('the ports of a running container that asks for a route are tried at its own address', () => {
  assert.deepEqual(plan(asking())?.tries, [
    { port: 80, places: [{ address: '172.17.0.2', port: 80 }] },
  ])
})

test('who asks for nothing, rests, or has a health check is left alone', () => {
  assert.equal(plan(asking({ labels: {} })), undefined)
  assert.equal(plan(asking({ state: 'exited' })), undefined)
  assert.equal(plan(asking({ health: 'starting' })), undefined)
  assert.equal(plan(asking({ labels: { 'roadstead.enable': 'false' } })), undefined)
})

test('other dialects ask too', () => {
  const none = { labels: {} }
  assert.ok(plan(asking({ ...none, routingEnvironment: { VIRTUAL_HOST: 'a.test' } })))
  assert.ok(plan(asking({ labels: { 'traefik.enable': 'true' } })))
})

test('a port that is named needs no EXPOSE and comes first', () => {
  const labels = {
    'roadstead.port': '3000',
    'roadstead.http.api.port': '3001',
    'roadstead.tcp.db.port': '3003',
    'roadstead.udp.dns.port': '53',
    'traefik.http.services.s.loadbalancer.server.port': '3002',
    'traefik.tcp.services.s.loadbalancer.server.port': '3004',
    'roadstead.http.bad.port': 'http',
  }
  assert.deepEqual(
    plan(asking({ labels }))?.tries.map((it) => it.port),
    [3_001, 3_000, 3_003, 3_002, 3_004, 80],
  )
})

test('ports of nginx-proxy are tried, and 80 where it would guess', () => {
  const tried = (routingEnvironment: Record<string, string>, exposed: number[]) => {
    const ports = exposed.map((port) => ({ ...web, port, published: [] }))
    const it = plan(asking({ labels: {}, routingEnvironment, ports }))
    return it?.tries.map(({ port }) => port)
  }
  const several = '{"a.test": {"/": {"port": 8000}, "/b": {"port": "9000"}}}'
  assert.deepEqual(tried({ VIRTUAL_HOST: 'a.test' }, [3_000]), [3_000])
  assert.deepEqual(tried({ VIRTUAL_HOST: 'a.test' }, [3_000, 3_001]), [80, 3_000, 3_001])
  assert.deepEqual(tried({ VIRTUAL_HOST_MULTIPORTS: several }, [81]), [8_000, 9_000, 81])
  const block = 'a.test:\n  /:\n    port: 8000\n'
  assert.deepEqual(tried({ VIRTUAL_HOST_MULTIPORTS: block }, []), [8_000, 80])
})

test('a range of ports is not scanned', () => {
  const ports = Array.from({ length: 100 }, (_, n) => ({ ...web, port: n + 1, published: [] }))
  assert.equal(plan(asking({ ports }))?.tries.length, 16)
})

test('published ports come second, on loopback when bound to every address', () => {
  const published = [{ address: '0.0.0.0', port: 8_080 }]
  assert.deepEqual(plan(asking({ ports: [{ ...web, published }] }))?.tries[0]?.places, [
    { address: '172.17.0.2', port: 80 },
    { address: '127.0.0.1', port: 8_080 },
  ])
})

test('host network is loopback, and a shared network is the other container’s', () => {
  assert.deepEqual(plan(asking({ networkMode: 'host' }))?.tries[0]?.places, [
    { address: '127.0.0.1', port: 80 },
  ])
  const pod = aContainer({ id: idOf('b') })
  const shared = asking({ networkMode: `container:${pod.id}`, attachments: [] })
  assert.deepEqual(plan(shared, [pod])?.tries[0]?.places, [{ address: '172.17.0.2', port: 80 }])
  assert.equal(plan(shared), undefined)
})

test('tries are many at first, then fewer', () => {
  const pauses = [0, 99, 100, 999, 1_000, 29_999, 30_000].map((ms) => nextTryMs(tryPhase(ms), 1))
  assert.deepEqual(pauses, [2, 2, 10, 10, 100, 100, 1_000])
})

test('the more are tried at once, the less often each is', () => {
  assert.equal(nextTryMs('fast', 100), 100)
  assert.equal(nextTryMs('dense', 5), 10)
  assert.equal(nextTryMs('slow', 2_000), 2_000)
})

test('from elsewhere only published ports are tried, at the address that visitors are sent to', () => {
  const vantage: Vantage = { kind: 'elsewhere', addresses: ['10.0.0.5', 'fd00::5'] }
  const at = (...published: { address: string; port: number }[]) =>
    plan(asking({ ports: [{ ...web, published }] }), [], vantage)
  assert.deepEqual(at({ address: '0.0.0.0', port: 8080 })?.tries, [
    { port: 80, places: [{ address: '10.0.0.5', port: 8080 }] },
  ])
  assert.deepEqual(at({ address: '::', port: 8080 })?.tries[0]?.places, [
    { address: 'fd00::5', port: 8080 },
  ])
  assert.deepEqual(at({ address: '10.9.9.9', port: 8080 })?.tries[0]?.places, [
    { address: '10.9.9.9', port: 8080 },
  ])
  assert.deepEqual(at({ address: '0.0.0.0', port: 8080 })?.untried, [])
  for (const unreached of [at(), at({ address: '127.0.0.1', port: 8080 })]) {
    assert.deepEqual([unreached?.tries, unreached?.untried], [[], [80]])
  }
})

test('from elsewhere a container of the host network is tried at its host', () => {
  const vantage: Vantage = { kind: 'elsewhere', addresses: ['10.0.0.5'] }
  const onHost = asking({ networkMode: 'host', attachments: [] })
  assert.deepEqual(plan(onHost, [], vantage)?.tries[0]?.places, [{ address: '10.0.0.5', port: 80 }])
  assert.deepEqual(plan(onHost, [], { kind: 'elsewhere', addresses: [] })?.untried, [80])
})
