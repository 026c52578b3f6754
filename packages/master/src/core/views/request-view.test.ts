import assert from 'node:assert/strict'
import { test } from 'node:test'
import { RequestReport } from '@roadstead/shared/protocol/request-report.ts'
import type { RouteView } from '@roadstead/shared/protocol/http.ts'
import { hearRequests, type RequestLedger } from '../requests/ledger.ts'
import { requestViews } from './request-view.ts'

const took = { sumMs: 30, buckets: [3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0] }

function told(edge: string, address: string, lost: number): RequestReport {
  return RequestReport.parse({
    v: 1,
    site: 's1',
    edge,
    instance: 'i1',
    seq: 1,
    lost,
    routes: [
      { key: 'shop.test prefix /', statuses: [0, 0, 2, 0, 0, 1], whole: took, endpoint: took },
      { key: '-', statuses: [0, 0, 0, 0, 1, 0], whole: took, endpoint: took },
    ],
    endpoints: [{ key: address, statuses: [1, 0, 2, 0, 0, 0], endpoint: took }],
  })
}

const shop: RouteView = {
  domain: 'shop.test',
  path: '/',
  match: 'prefix',
  stripPrefix: false,
  service: 'shop/web',
  state: 'routed',
  endpoints: [
    {
      host: 'h1',
      hostName: 'alpha',
      container: 'c'.repeat(64),
      containerName: 'shop-web-1',
      port: 80,
      reason: 'routed',
      addresses: { e1: '172.17.0.2:80', e2: '192.0.2.1:31007' },
      failingAt: [],
    },
  ],
}

const edges = [
  { id: 'e1', name: 'front' },
  { id: 'e2', name: 'back' },
]

function viewed(reports: readonly RequestReport[]) {
  let ledger: RequestLedger = new Map()
  for (const report of reports) ledger = hearRequests(ledger, report, 0)
  return requestViews({ ledger, edges, routes: [shop], nowMs: 0 })
}

test('a route and an endpoint are counted over all edges, by whatever address each reaches it', () => {
  const seen = viewed([told('e1', '172.17.0.2:80', 0), told('e2', '192.0.2.1:31007', 2)])
  const [route, nobody, endpoint] = seen.items
  assert.equal(route?.name, 'shop.test prefix /')
  assert.equal(route.service, 'shop/web')
  assert.deepEqual(route.edges, ['back', 'front'])
  assert.equal(route.requests, 6)
  assert.deepEqual(route.byStatus, { '2xx': 4, '5xx': 2 })
  assert.equal(route.meanMs, 10)
  assert.equal(nobody?.name, '-')
  assert.equal(endpoint?.name, 'alpha/shop-web-1:80')
  assert.deepEqual(endpoint.byStatus, { other: 2, '2xx': 4 })
  assert.equal(seen.uncounted, 2)
})

test('an endpoint of which nothing is known any more goes by its address', () => {
  const { items } = viewed([told('e1', '172.17.0.99:80', 0)])
  assert.ok(items.some(({ name, what }) => what === 'endpoint' && name === '172.17.0.99:80'))
})
