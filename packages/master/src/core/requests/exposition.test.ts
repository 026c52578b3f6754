import assert from 'node:assert/strict'
import { test } from 'node:test'
import { RequestReport } from '@roadstead/shared/protocol/request-report.ts'
import type { RouteView } from '@roadstead/shared/protocol/http.ts'
import { requestMetrics } from './exposition.ts'
import { hearRequests, type RequestLedger } from './ledger.ts'
import { requestMetricTable } from './metric-table.ts'

const took = { sumMs: 1_500, buckets: [2, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0] }
const keys = ['shop.test prefix /', 'wiki.test exact /x', '-']

const ledger: RequestLedger = hearRequests(
  new Map(),
  RequestReport.parse({
    v: 1,
    site: 's1',
    edge: 'e1',
    instance: 'i1',
    seq: 1,
    lost: 4,
    routes: keys.map((key) => ({ key, statuses: [0, 0, 2, 0, 0, 1], whole: took, endpoint: took })),
    endpoints: [{ key: '10.0.0.1:80', statuses: [1, 0, 2, 0, 0, 0], endpoint: took }],
  }),
  0,
)

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
      addresses: { e1: '10.0.0.1:80' },
      failingAt: [],
    },
  ],
}

function text(seriesMax = 10): string {
  return requestMetrics({ ledger, edges: [{ id: 'e1', name: 'front' }], routes: [shop], seriesMax })
}

test('a route is named by its key, with the service it leads to', () => {
  const labels = 'edge="front",domain="shop.test",route="shop.test prefix /",service="shop/web"'
  const lines = text().split('\n')
  assert.ok(lines.includes(`roadstead_route_requests_total{${labels},code_class="2xx"} 2`))
  assert.ok(lines.includes(`roadstead_route_requests_total{${labels},code_class="5xx"} 1`))
  const seconds = 'roadstead_route_request_duration_seconds'
  assert.ok(lines.includes(`${seconds}_bucket{${labels},le="0.5"} 2`))
  assert.ok(lines.includes(`${seconds}_bucket{${labels},le="+Inf"} 3`))
  assert.ok(lines.includes(`${seconds}_sum{${labels}} 1.5`))
  assert.ok(lines.includes(`${seconds}_count{${labels}} 3`))
  assert.match(text(), /roadstead_requests_uncounted_total\{edge="front"\} 4\n/)
})

test('an endpoint is named by its host and container, never by its address', () => {
  const labels = 'edge="front",service="shop/web",endpoint="alpha/shop-web-1:80"'
  assert.ok(text().includes(`roadstead_endpoint_requests_total{${labels},code_class="other"} 1\n`))
  assert.doesNotMatch(text(), /10\.0\.0\.1/)
})

test('what is beyond the setting is not listed, and its number is', () => {
  assert.doesNotMatch(text(1), /wiki\.test/)
  assert.match(text(1), /roadstead_request_series_omitted\{edge="front"\} 2\n/)
})

test('every metric has its help and kind once, in the words of the format', () => {
  for (const { name, kind } of Object.values(requestMetricTable)) {
    assert.equal(text().split(`# TYPE ${name} ${kind}\n`).length, 2, name)
    assert.equal(name.endsWith('_total'), kind === 'counter', name)
  }
  for (const line of text().trimEnd().split('\n')) {
    assert.match(line, /^(?:# (?:HELP|TYPE) .+|[a-z_]+\{(?:[a-z_]+="[^"]*",?)+\} [0-9.]+)$/)
  }
})
