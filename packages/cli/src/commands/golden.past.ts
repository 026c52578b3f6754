import { Explanation } from '@roadstead/shared/protocol/http.ts'
import { AuditView, EventView } from '@roadstead/shared/protocol/http-events.ts'
import { RequestView } from '@roadstead/shared/protocol/http-requests.ts'

/** Answers about the past of the imagined federation, and about its visitors. */

const SHOP = '1'.repeat(64)

const line = (over: object) =>
  EventView.parse({
    revision: 0,
    at: '2026-02-03T03:10:11.120Z',
    kind: 'container',
    host: 'h-alpha00000',
    hostName: 'alpha',
    container: SHOP,
    origin: 'agent',
    what: 'container changed',
    subject: 'shop-web-1',
    details: { state: 'running → exited', 'exit code': '- → 137' },
    cause: 'engine: die',
    ...over,
  })

export const changes = [
  line({}),
  line({
    at: '2026-02-03T03:10:11.300Z',
    kind: 'verdict',
    origin: 'master',
    what: 'not routed',
    details: { 'shop.example.com/': 'routed → not-running' },
  }),
  line({
    at: '2026-03-04T11:00:00.004Z',
    kind: 'decision',
    origin: 'master',
    what: 'drain written',
    container: undefined,
    subject: 'alpha/\u001b[31mblog',
    details: { by: 'admin', why: 'new kernel' },
    cause: 'by admin',
  }),
]

const asked = (over: object) =>
  AuditView.parse({
    at: '2026-03-04T11:00:00.002Z',
    who: 'admin',
    role: 'admin',
    via: 'token',
    from: '127.0.0.1',
    asked: 'POST /api/v1/drain',
    about: { container: 'alpha/blog', why: 'new kernel' },
    outcome: 'done',
    status: 202,
    tookMs: 12,
    master: 'm1',
    ...over,
  })

export const audit = [
  asked({
    at: '2026-02-28T23:59:59.002Z',
    who: '-',
    role: undefined,
    via: 'nobody',
    token: '0123456789abcdef',
    from: '192.0.2.7',
    asked: 'POST /api/v1/join',
    about: { role: 'agent', id: 'h-beta', name: 'beta' },
  }),
  asked({}),
  asked({
    at: '2026-03-04T11:05:00.002Z',
    who: 'the wall display in the kitchen',
    role: 'viewer',
    token: 'fedcba9876543210',
    asked: 'PUT /api/v1/policy',
    about: {},
    outcome: 'refused',
    status: 403,
    code: 'not-allowed',
  }),
]

export const requests = [
  {
    what: 'route',
    name: 'shop.example.com prefix /',
    domain: 'shop.example.com',
    service: 'shop/web',
    edges: ['edge-1', 'edge-2'],
    requests: 123_456,
    byStatus: { '2xx': 123_000, '4xx': 400, '5xx': 56 },
    meanMs: 4.2,
    rates: { perSecond: 41.5, errorsPerSecond: 0.13, p50Ms: 3.1, p99Ms: 1_240 },
  },
  {
    what: 'route',
    name: '-',
    edges: ['edge-1'],
    requests: 12,
    byStatus: { '4xx': 12 },
    meanMs: 0.1,
  },
  {
    what: 'endpoint',
    name: 'alpha/shop-web-1:8080',
    service: 'shop/web',
    edges: ['edge-1', 'edge-2'],
    requests: 60_001,
    byStatus: { '2xx': 60_000, other: 1 },
    meanMs: 4,
    rates: { perSecond: 20.25, errorsPerSecond: 0 },
  },
].map((it) => RequestView.parse(it))

export const explanation = Explanation.parse({
  subject: 'alpha/shop-web-1',
  routed: false,
  steps: [
    { ok: true, what: 'its host was heard', details: { host: 'alpha', presence: 'present' } },
    {
      ok: false,
      what: 'it did not run',
      details: {
        state: 'exited',
        'exit code': '137',
        since: '2026-02-03T03:10:11.120Z',
        'because of': 'engine: die',
      },
    },
    {
      ok: false,
      what: 'The container does not run.',
      details: {
        container: 'alpha/shop-web-1',
        domain: 'shop.example.com',
        path: '/',
        reason: 'not-running',
        since: '2026-02-03T03:10:11.300Z',
      },
    },
  ],
  verdicts: [],
  remedies: [],
  asOf: {
    at: '2026-02-03T03:15:00.000Z',
    begins: '2026-02-01T00:00:00.000Z',
    limits: ['Which edge had it in force then is not kept route by route.'],
  },
})
