import { HostId, PublicKey } from '@roadstead/shared/kernel/ids.ts'
import type { Container } from '@roadstead/shared/protocol/container.ts'
import type { Decision } from '@roadstead/shared/protocol/decision.ts'
import { DomainName, PathPattern, ServiceKey } from '@roadstead/shared/protocol/route.ts'
import { noSettings, type RouteSettings } from '@roadstead/shared/protocol/route-settings.ts'
import fc from 'fast-check'
import { exampleAttachment, exampleContainer, exampleId } from '../core/examples.ts'

/** Histories over few hosts, containers, names and services, so that they meet all the time. */

export const HOSTS = ['alpha', 'beta', 'gamma'].map((name) => HostId.parse(name))
const DOMAINS = ['a.example', 'b.example', 'c.example', 'd.example'].map((it) =>
  DomainName.parse(it),
)
const PATHS = ['/', '/api'].map((path) => PathPattern.parse(path))
const SERVICES = ['one', 'two', 'shop/web'].map((key) => ServiceKey.parse(key))

const host = fc.constantFrom(...HOSTS)
const domain = fc.constantFrom(...DOMAINS)
const path = fc.constantFrom(...PATHS)
const service = fc.constantFrom(...SERVICES)
const id = fc.integer({ min: 1, max: 6 })

/** Mostly there, or mostly not. */
const often = <Value>(value: fc.Arbitrary<Value>) => fc.option(value, { nil: undefined, freq: 5 })
const seldom = <Value>(value: fc.Arbitrary<Value>) =>
  fc.oneof({ weight: 8, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: value })

const labels = fc
  .record({
    'roadstead.host': often(
      fc.array(domain, { minLength: 1, maxLength: 3 }).map((names) => names.join(',')),
    ),
    'roadstead.service': often(service),
    'roadstead.path': seldom(path),
    'roadstead.hold': seldom(fc.constantFrom('0s', '500ms', '10s', 'long')),
    'roadstead.slow-start': seldom(fc.constantFrom('1s', '2m')),
    'roadstead.enable': seldom(fc.constantFrom('true', 'false')),
    'roadstead.http.x.host': seldom(domain),
    'roadstead.http.x.port': seldom(fc.constantFrom('80', '81', 'x')),
    'roadstead.http.x.strip-prefix': seldom(fc.constantFrom('true', 'false')),
    'roadstead.http.x.canary': seldom(fc.constantFrom('two 10%', 'shop/web 50%')),
    'roadstead.http.x.scheme': seldom(fc.constantFrom('https', 'grpc')),
    'roadstead.http.default.canary': seldom(fc.constantFrom('one 5%', 'two 10%', 'two 20%')),
    'roadstead.http.default.allow': seldom(fc.constantFrom('10.0.0.0/8', '192.0.2.1', 'all')),
    'roadstead.http.default.priority': seldom(fc.constantFrom('1', '-1')),
    'roadstead.http.default.headers.set.X-A': seldom(fc.constantFrom('1', '2')),
    'roadstead.tcp.db.listen': seldom(fc.constantFrom('5432', '5433', '22', 'x')),
    'roadstead.tcp.db.allow': seldom(fc.constant('10.0.0.0/8')),
    'roadstead.udp.x.listen': seldom(fc.constantFrom('5432', '53')),
    'roadstead.udp.x.port': seldom(fc.constantFrom('80', '53')),
    'roadstead.weight': seldom(fc.constantFrom('1', '9')),
    'roadstead.sticky': seldom(fc.constantFrom('address', 'cookie:lb')),
    'roadstead.health.path': seldom(fc.constant('/up')),
    'roadstead.network': seldom(fc.constantFrom('bridge', 'other')),
    'roadstead.address': seldom(fc.constantFrom('inside', 'published', 'host:8080', 'host:1')),
    'roadstead.hots': seldom(fc.constant('typo')),
  })
  .map((all) =>
    Object.entries(all).flatMap(([key, value]) => (value === undefined ? [] : [[key, value]])),
  )
  .map((all): Record<string, string> => Object.fromEntries(all))

const container: fc.Arbitrary<Container> = fc
  .record({
    id,
    labels,
    state: fc.constantFrom('running', 'running', 'running', 'running', 'exited', 'paused'),
    health: fc.constantFrom('none', 'none', 'none', 'healthy', 'unhealthy'),
    accepting: fc.constantFrom(80, 80, 80, 81).map((port) => [port]),
    stopping: fc.constantFrom(false, false, false, false, true),
    networkMode: fc.constantFrom('bridge', 'bridge', 'host', `container:${exampleId(1)}`),
    address: fc.integer({ min: 1, max: 6 }),
    start: fc.integer({ min: 1, max: 4 }),
    published: fc.constantFrom('', '', '', '0.0.0.0', '192.0.2.1', '192.0.2.2'),
  })
  .map(({ id: number, address, start, published, labels: own, ...rest }) => {
    const attachments = rest.networkMode === 'bridge' ? [exampleAttachment(address)] : []
    const bound = published === '' ? [] : [{ address: published, port: 8_080 }]
    const ports = [{ port: 80, protocol: 'tcp' as const, exposed: true, published: bound }]
    const startedAt = `2026-01-01T00:00:0${start}Z`
    return exampleContainer(number, { ...rest, labels: own, attachments, ports, startedAt })
  })

/** Something that a master may hear next. */
export type Step =
  | { readonly kind: 'seen'; readonly host: HostId; readonly container: Container }
  | { readonly kind: 'gone'; readonly host: HostId; readonly id: number }
  | { readonly kind: 'snapshot'; readonly host: HostId; readonly containers: Container[] }
  | { readonly kind: 'decision'; readonly decision: Decision; readonly deleted: boolean }

const OFFICE: RouteSettings = { allow: ['10.0.0.0/8'] }
const KEY = PublicKey.parse(`U${'A'.repeat(55)}`)
const since = 'then'
const decision: fc.Arbitrary<Decision> = fc.oneof(
  fc.record({
    kind: fc.constant('presence' as const),
    host,
    presence: fc.constantFrom('present' as const, 'lost' as const, 'stale' as const),
    since: fc.constant(since),
  }),
  fc.record({
    kind: fc.constant('claim' as const),
    domain,
    path,
    match: fc.constant('prefix' as const),
    service,
    host,
    container: id.map(exampleId),
    holdMs: fc.constantFrom(0, 500, 10_000),
    stripPrefix: fc.boolean(),
    priority: fc.constantFrom(0, 1),
    settings: fc.constantFrom(noSettings, OFFICE),
    since: fc.constant(since),
  }),
  fc.record({
    kind: fc.constant('flapping' as const),
    host,
    container: id.map(exampleId),
    falls: fc.constantFrom(3, 4),
    calmMs: fc.constant(5_000),
    since: fc.constant(since),
  }),
  fc.record({ host, revoked: fc.boolean() }).map(({ host: who, revoked }) => ({
    kind: 'identity' as const,
    role: 'agent' as const,
    id: who,
    publicKey: KEY,
    name: who,
    revoked,
    since,
  })),
  fc
    .record({ host, container: fc.option(id.map(exampleId), { nil: undefined }) })
    .map(({ host: where, container: which }) => ({
      kind: 'drain' as const,
      host: where,
      ...(which !== undefined && { container: which }),
      by: 'ann',
      why: '',
      since,
    })),
)

export const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('seen' as const), host, container }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('gone' as const), host, id }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('snapshot' as const),
      host,
      containers: fc.uniqueArray(container, { maxLength: 4, selector: (each) => each.id }),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('decision' as const),
      decision,
      deleted: fc.boolean(),
    }),
  },
)
