import assert from 'node:assert/strict'
import { test } from 'node:test'
import { systemClock as clock } from '@roadstead/shared/kernel/clock.ts'
import { EdgeView, HostView, RunView, StatusView } from '@roadstead/shared/protocol/http.ts'
import { exampleFacts, exampleId } from './core/examples.ts'
import { createMetrics } from './io/metrics.ts'
import { refreshMetrics } from './refresh-metrics.ts'

const SINCE = '2026-01-01T00:00:00Z'

const status = StatusView.parse({
  site: 's1',
  master: 'm1',
  instance: 'i',
  role: 'leader',
  revision: 1,
  version: '1.2.3',
  nats: { connected: true, version: '2', servers: 1 },
  counts: { hosts: 1, containers: 0, services: 0, routes: 0, edges: 1 },
  warnings: [],
})

const host = HostView.parse({
  id: 'h1',
  name: 'alpha',
  presence: 'present',
  presenceSince: SINCE,
  engineState: 'answering',
  synced: true,
  boot: 1,
  seq: 1,
  containers: 0,
  running: 0,
  endpoints: 0,
  spooled: 0,
  facts: exampleFacts('alpha'),
  networks: [],
})

function edge(nginx: object): EdgeView {
  return EdgeView.parse({
    id: 'e1',
    name: 'edge-1',
    reporting: true,
    httpPort: 80,
    addresses: [],
    tier: 'live',
    tierReason: '',
    epochMax: 1,
    busy: [{ host: 'h1', container: exampleId(1), requests: 3 }],
    outcome: { kind: 'none' },
    nginx: { version: '1.24', running: true, reloads: 1, oldGenerations: 0, ...nginx },
    quarantined: [],
    checks: [],
  })
}

function run(verb: string, phase: string): RunView {
  return RunView.parse({
    id: '0123456789abcdef',
    verb,
    target: 'alpha/c1',
    by: 'somebody',
    why: '',
    since: SINCE,
    atOnce: 1,
    state: 'running',
    members: [{ host: 'h1', container: exampleId(1), path: 'alpha/c1', phase }],
    log: [],
  })
}

async function scraped(edges: readonly EdgeView[], runs: readonly RunView[]): Promise<string> {
  const metrics = createMetrics('1.2.3')
  const hosts = [host]
  refreshMetrics({
    metrics,
    read: {
      objects: () => [],
      status: () => status,
      hosts: () => hosts,
      routes: () => [],
      edges: () => edges,
      runs: () => runs,
    },
    leadership: { state: () => ({ kind: 'standby' }) },
    link: { connected: () => true },
    watching: () => 0,
    notes: { status: { state: 'written', bytes: 4_096 }, waiting: 0 },
    clock,
  })
  return metrics.text()
}

test('what waits for an edge, or makes it wait, can be scraped', async () => {
  const text = await scraped([edge({ pushes: 7, waiting: 2 })], [])
  assert.match(text, /roadstead_edge_info\{.*tier="live".*\} 1/)
  assert.match(text, /roadstead_edge_pushes\{edge="edge-1"\} 7/)
  assert.match(text, /roadstead_edge_waiting_requests\{edge="edge-1"\} 2/)
  assert.match(text, /roadstead_edge_busy_containers\{edge="edge-1"\} 1/)
})

test('an edge that neither pushes nor lets anybody wait has no such series', async () => {
  const text = await scraped([edge({})], [])
  assert.doesNotMatch(text, /roadstead_edge_(pushes|waiting_requests)\{/)
})

test('a request that an agent holds counts until it is let go, and no other run does', async () => {
  const held = /roadstead_held_requests\{host="alpha"\} 2/
  const runs = [run('let-go', 'waiting'), run('let-go', 'draining'), run('let-go', 'acting')]
  assert.match(await scraped([], [...runs, run('restart', 'draining')]), held)
  assert.match(await scraped([], []), /roadstead_held_requests\{host="alpha"\} 0/)
})
