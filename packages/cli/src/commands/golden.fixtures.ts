import { EventView } from '@roadstead/shared/protocol/http-events.ts'
import {
  ContainerView,
  Explanation,
  HostView,
  RouteView,
  ServiceView,
  StatusView,
} from '@roadstead/shared/protocol/http.ts'
import { TokenView } from '@roadstead/shared/protocol/http-access.ts'

/** Answers of an imagined federation, with one of everything that a table shows differently. */
export const NOW_MS = Date.parse('2026-03-04T12:00:00Z')

const SHOP_1 = '1'.repeat(64)
const SHOP_2 = '2'.repeat(64)
const BLOG = '3'.repeat(64)
const WIKI = '4'.repeat(64)
const API = '5'.repeat(64)

const engine = {
  id: 'ENGINE',
  version: '20.10.24',
  apiVersion: '1.41',
  storageDriver: 'overlay2',
  liveRestore: false,
}

const facts = (name: string, address: string) => ({
  name,
  os: 'Debian GNU/Linux 12 (bookworm)',
  kernel: '6.1.0-18-amd64',
  architecture: 'x86_64',
  cpus: 4,
  memoryBytes: 8_000_000_000,
  addresses: [address],
  engine,
  agentVersion: '0.1.0',
})

const host = (name: string, over: object) =>
  HostView.parse({
    id: `h-${name}00000`,
    name,
    presence: 'present',
    presenceSince: '2026-03-04T08:00:00Z',
    engineState: 'answering',
    synced: true,
    boot: 3,
    seq: 120,
    containers: 12,
    running: 11,
    endpoints: 4,
    lastHeardMsAgo: 1_200,
    clockSkewMs: 3,
    spooled: 0,
    facts: facts(name, '10.1.0.11'),
    networks: [],
    ...over,
  })

export const hosts = [
  host('alpha', {}),
  host('beta', {
    presence: 'stale',
    lastHeardMsAgo: 22_000,
    synced: false,
    spooled: 7,
    drained: { by: 'admin', why: 'new kernel', since: '2026-03-04T11:00:00Z' },
  }),
  host('gamma-with-a-long-name.example.com', {
    presence: 'lost',
    lastHeardMsAgo: 600_000,
    engineState: 'unreachable',
    clockSkewMs: -94_000,
    facts: facts('gamma', '2001:db8::1234:5678:9abc:def0'),
  }),
]

const container = (id: string, name: string, over: object) => ({
  id,
  name,
  image: { reference: 'registry.example.com/shop:2.1', id: 'sha256:0', digests: [] },
  labels: {},
  inheritedLabels: {},
  state: 'running',
  health: 'none',
  stopping: false,
  exitCode: 0,
  restartCount: 0,
  networkMode: 'bridge',
  attachments: [
    { network: 'shop_default', networkId: 'n1', address: '172.18.0.2', aliases: ['shop'] },
  ],
  ports: [{ port: 8080, protocol: 'tcp', exposed: true, published: [] }],
  accepting: [8080],
  mounts: [],
  createdAt: '2026-03-04T08:00:00Z',
  restartPolicy: 'no',
  stopSignal: 'SIGTERM',
  stopGraceMs: 10_000,
  environmentNames: [],
  environmentHash: '0123456789abcdef',
  routingEnvironment: {},
  host: 'h-alpha00000',
  hostName: 'alpha',
  path: `alpha/${name}`,
  workload: 'shop/web',
  verdicts: [],
  ...over,
})

const verdict = (id: string, name: string, reason: string, details = {}) => ({
  host: 'h-alpha00000',
  container: id,
  containerName: name,
  route: 'default',
  domain: 'shop.example.com',
  path: '/',
  match: 'prefix',
  service: 'shop/web',
  reason,
  details,
})

export const containers = [
  container(SHOP_1, 'shop-web-1', { verdicts: [verdict(SHOP_1, 'shop-web-1', 'routed')] }),
  container(SHOP_2, 'shop-web-2', {
    health: 'unhealthy',
    verdicts: [verdict(SHOP_2, 'shop-web-2', 'unhealthy')],
    ports: [
      {
        port: 8080,
        protocol: 'tcp',
        exposed: true,
        published: [{ address: '0.0.0.0', port: 31_007 }],
      },
    ],
  }),
  container(BLOG, 'blog\u001b[31m', {
    state: 'exited',
    exitCode: 137,
    image: { reference: 'blog', id: 'sha256:1', digests: [] },
    verdicts: [
      verdict(BLOG, 'blog', 'conflict-held', { holder: 'shop/web', label: 'roadstead.host' }),
    ],
  }),
  container(WIKI, 'wiki', {
    drained: { by: 'admin', why: 'a look inside', since: '2026-03-04T11:00:00Z' },
    verdicts: [verdict(WIKI, 'wiki', 'drained', { by: 'admin', why: 'a look inside' })],
  }),
  container(API, 'api', { verdicts: [verdict(API, 'api', 'flapping', { falls: '5' })] }),
].map((it) => ContainerView.parse(it))

const endpoint = (id: string, name: string, over: object) => ({
  host: 'h-alpha00000',
  hostName: 'alpha',
  container: id,
  containerName: name,
  port: 8080,
  reason: 'routed',
  addresses: { 'e-1': '172.18.0.2:8080' },
  failingAt: [],
  ...over,
})

const endpoints = [
  endpoint(SHOP_1, 'shop-web-1', {}),
  endpoint(SHOP_2, 'shop-web-2', { reason: 'unhealthy', failingAt: ['e-1'] }),
]

const out = [
  endpoint(WIKI, 'wiki', { reason: 'drained' }),
  endpoint(API, 'api', { reason: 'flapping' }),
]

export const services = [
  { key: 'shop/web', id: 's1', state: 'degraded', endpoints, routes: routesOf('shop.example.com') },
  { key: 'wiki', id: 's3', state: 'down', endpoints: out, routes: routesOf('wiki.example.com') },
  { key: 'blog', id: 's2', state: 'down', endpoints: [], routes: routesOf('blog.example.com') },
].map((it) => ServiceView.parse(it))

function routesOf(domain: string) {
  return [{ domain, path: '/', match: 'prefix' }]
}

export const routes = [
  {
    domain: 'shop.example.com',
    path: '/',
    match: 'prefix',
    stripPrefix: false,
    service: 'shop/web',
    state: 'routed',
    endpoints,
    holderSince: '2026-03-04T08:00:01Z',
    priority: 5,
    settings: { allow: '10.0.0.0/8', limit: '20r/s burst=40' },
    canary: { service: 'shop/next', percent: 10, endpoints: [] },
    requests: { perSecond: 41.5, errorsPerSecond: 0.13, p50Ms: 3.1, p99Ms: 1_240 },
  },
  {
    domain: 'blog.example.com',
    path: '/feed',
    match: 'exact',
    stripPrefix: true,
    service: 'blog',
    state: 'not-running',
    endpoints: [],
  },
].map((it) => RouteView.parse(it))

export const events = [
  {
    revision: 41,
    at: '2026-03-04T11:58:59.120Z',
    host: 'h-alpha00000',
    hostName: 'alpha',
    kind: 'engine',
    origin: 'engine',
    what: 'container start',
    subject: 'shop-web-1',
    details: { image: 'shop:2.1' },
  },
  {
    revision: 42,
    at: '2026-03-04T11:58:59.181Z',
    host: '',
    hostName: '',
    kind: 'edge',
    origin: 'edge',
    what: 'table in force',
    subject: 'edge-1',
    details: { epoch: '4', version: '17', generation: '0123456789abcdef' },
  },
].map((it) => EventView.parse(it))

export const explanation = Explanation.parse({
  subject: 'alpha/blog\u001b[31m',
  routed: false,
  steps: [
    { ok: true, what: 'asks for a route', details: { 'roadstead.host': 'shop.example.com' } },
    { ok: true, what: 'listens on port 8080, the only port it exposes', details: {} },
    {
      ok: false,
      what: 'shop.example.com/ is held by the service shop/web since 2026-03-04T08:00:01Z',
      details: { holder: 'alpha/shop-web-1', holderHost: 'alpha', label: 'roadstead.host' },
    },
  ],
  verdicts: [verdict(BLOG, 'blog', 'conflict-held')],
  remedies: ['Use another name, or give both the same roadstead.service to pool them.'],
})

export const status = StatusView.parse({
  site: 'main',
  master: 'm-1',
  instance: 'i1',
  role: 'standby',
  leader: {
    epoch: 4,
    instance: 'i2',
    pid: 4711,
    host: 'alpha',
    url: 'http://127.0.0.1:7071',
    since: '2026-03-04T11:45:00Z',
  },
  revision: 42,
  version: '0.1.0',
  nats: { connected: true, version: '2.9.10', servers: 1 },
  counts: { hosts: 3, containers: 36, services: 2, routes: 2, edges: 3 },
  warnings: [
    {
      what: 'every host may claim every free domain',
      remedy: 'Write a policy with claims before you let in hosts that you do not trust.',
    },
  ],
})

export const tokens = [
  {
    id: '0123456789abcdef',
    kind: 'join',
    role: 'agent',
    usesLeft: 1,
    expiresAt: '2026-03-04T13:00:00Z',
    note: '',
    by: 'admin',
    since: '2026-03-04T12:00:00Z',
  },
  {
    id: 'fedcba9876543210',
    kind: 'api',
    role: 'viewer',
    note: 'the wall display in the kitchen',
    by: 'admin',
    since: '2026-03-01T12:00:00Z',
  },
].map((it) => TokenView.parse(it))
