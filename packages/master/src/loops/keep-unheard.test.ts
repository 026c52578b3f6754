import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sha256 as digest } from '@roadstead/bus/sha256.ts'
import { EdgeId, HostId } from '@roadstead/shared/kernel/ids.ts'
import { Decision, decisionKey } from '@roadstead/shared/protocol/decision.ts'
import { TableSlice } from '@roadstead/shared/protocol/table.ts'
import { exampleContainer, exampleSnapshot, exampleStamp } from '../core/examples.ts'
import { foldAll } from '../core/graph/fold.ts'
import { emptyGraph, type Graph } from '../core/graph/graph.ts'
import { startDerive } from '../core/routes/derive-change.ts'
import { type EdgeTable, tableForEdge } from '../core/routes/edge-table.ts'
import { encodeTable } from '../core/routes/encode.ts'
import { defaultPolicy as policy } from '../core/routes/policy.ts'
import { keepUnheard } from './keep-unheard.ts'

const H1 = HostId.parse('h1')
const H2 = HostId.parse('h2')
const nobody = (): boolean => false

test('endpoints and routes of a host that has not spoken are taken over from the table before', () => {
  const before = slicesOf(
    tableOf({ h1: ['a.example.com'], h2: ['a.example.com', 'b.example.com'] }),
  )
  const now = tableOf({ h1: ['a.example.com'] })
  const kept = keepUnheard(now, before, (host) => host === H2, nobody)
  assert.deepEqual(summary(kept), { 'a.example.com': ['h1', 'h2'], 'b.example.com': ['h2'] })
})

test('a host that has spoken is believed when it says that something is gone', () => {
  const before = slicesOf(
    tableOf({ h1: ['a.example.com'], h2: ['a.example.com', 'b.example.com'] }),
  )
  const now = tableOf({ h1: ['a.example.com'], h2: ['a.example.com'] })
  assert.equal(
    keepUnheard(now, before, () => false, nobody),
    now,
  )
  const kept = keepUnheard(now, before, (host) => host === H1, nobody)
  assert.deepEqual(summary(kept), { 'a.example.com': ['h1', 'h2'] })
})

test('what somebody drains is not taken over, whether its host has spoken or not', () => {
  const before = slicesOf(tableOf({ h1: ['a.example.com'], h2: ['a.example.com'] }))
  const now = tableOf({})
  const kept = keepUnheard(
    now,
    before,
    () => true,
    (host) => host === H2,
  )
  assert.deepEqual(summary(kept), { 'a.example.com': ['h1'] })
})

test('what is new is there at once, and nothing is there twice', () => {
  const before = slicesOf(tableOf({ h1: ['a.example.com'] }))
  const now = tableOf({ h1: ['a.example.com', 'c.example.com'] })
  const kept = keepUnheard(now, before, () => true, nobody)
  assert.deepEqual(summary(kept), { 'a.example.com': ['h1'], 'c.example.com': ['h1'] })
  assert.deepEqual(slicesOf(kept), slicesOf(now))
})

test('a route that is only kept leads to where it led before, until its host has spoken', () => {
  const labels = {
    'roadstead.host': 'a.example.com',
    'roadstead.hold': '5s',
    'roadstead.http.x.host': 'x.example.com',
    'roadstead.http.x.port': '81',
  }
  const ports = [80, 81].map((port) => ({
    port,
    protocol: 'tcp' as const,
    exposed: port === 80,
    published: [{ address: '0.0.0.0', port: 8_000 + port }],
  }))
  const web = exampleContainer(1, { labels, ports, accepting: [80, 81] })
  const { graph } = foldAll(emptyGraph, [exampleSnapshot(exampleStamp('h1', 1), [web])])
  const before = slicesOf(edgeTableOf(graph))
  const claims = ['a.example.com', 'x.example.com'].map((domain) => {
    const [path, match, service] = ['/', 'prefix', 'c1']
    const [host, container, since] = [H1, web.id, 'then']
    const fields = { domain, path, match, service, host, container, holdMs: 5_000, since }
    return Decision.parse({ kind: 'claim', ...fields })
  })
  const unheard = foldAll(
    emptyGraph,
    claims.map((decision) => ({
      kind: 'decision' as const,
      key: decisionKey(decision, digest),
      decision,
    })),
  )
  const kept = keepUnheard(edgeTableOf(unheard.graph), before, () => true, nobody)
  assert.deepEqual(summary(kept), { 'a.example.com': ['h1'], 'x.example.com': ['h1'] })
  assert.deepEqual(byId(slicesOf(kept)), byId(before))
})

test('wishes of a pool, and a group that only has a share, are taken over whole', () => {
  const canary = { 'roadstead.http.default.canary': 'next 10%', 'roadstead.weight': '3' }
  const shop = { 'roadstead.service': 'shop', 'roadstead.sticky': 'address', ...canary }
  const hosts = { h1: [web(1, shop)], h2: [web(2, { 'roadstead.service': 'next' })] }
  const before = slicesOf(edgeTableOf(graphOf(hosts)))
  const nothing = keepUnheard(edgeTableOf(emptyGraph), before, () => true, nobody)
  assert.deepEqual(byId(slicesOf(nothing)), byId(before))

  const withoutNext = keepUnheard(
    edgeTableOf(graphOf({ h2: [] })),
    before,
    (host) => host === H1,
    nobody,
  )
  const [slice] = slicesOf(withoutNext)
  assert.deepEqual(
    slice?.routes.map(({ canary: share }) => share),
    [undefined],
    'no route names a group that is gone',
  )
})

function web(number: number, labels: Record<string, string>) {
  const published = [{ address: '0.0.0.0', port: 8_000 + number }]
  const ports = [{ port: 80, protocol: 'tcp' as const, exposed: true, published }]
  const all = { 'roadstead.host': 'a.example.com', ...labels }
  return exampleContainer(number, { labels: all, ports })
}

function graphOf(hosts: Readonly<Record<string, readonly ReturnType<typeof web>[]>>): Graph {
  const snapshots = Object.entries(hosts).map(([host, containers]) =>
    exampleSnapshot(exampleStamp(host, 1), containers),
  )
  return foldAll(emptyGraph, snapshots).graph
}

function byId(slices: readonly TableSlice[]): unknown {
  return slices.map(({ routes, services }) => ({
    routes,
    services: services.toSorted((a, b) => (a.id < b.id ? -1 : 1)),
  }))
}

/** One container a name; containers of equal names on several hosts are one service. */
function tableOf(domainsByHost: Readonly<Record<string, readonly string[]>>): EdgeTable {
  const snapshots = Object.entries(domainsByHost).map(([host, domains], at) => {
    const containers = domains.map((domain, index) => {
      const [service = ''] = domain.split('.')
      const labels = { 'roadstead.host': domain, 'roadstead.service': service }
      const ports = [
        {
          port: 80,
          protocol: 'tcp' as const,
          exposed: true,
          published: [{ address: '0.0.0.0', port: 8_000 + index }],
        },
      ]
      return exampleContainer(at * 100 + index + 1, { labels, ports })
    })
    return exampleSnapshot(exampleStamp(host, 1), containers)
  })
  return edgeTableOf(foldAll(emptyGraph, snapshots).graph)
}

function edgeTableOf(graph: Graph): EdgeTable {
  const { table } = startDerive(graph, { policy, digest }).derived
  const edge = EdgeId.parse('e1')
  return tableForEdge(table, graph, { edge, addresses: [], httpPort: 8080 })
}

function slicesOf(table: EdgeTable): TableSlice[] {
  const { slices } = encodeTable(table, 1, digest)
  return slices.map(({ text }) => TableSlice.parse(JSON.parse(text)))
}

function summary(table: EdgeTable): Record<string, string[]> {
  const entries = slicesOf(table).flatMap(({ routes, services }) =>
    routes.map(({ domain, service }) => {
      const endpoints = services.find(({ id }) => id === service)?.endpoints ?? []
      return [domain, endpoints.map(({ host }): string => host)] as const
    }),
  )
  return Object.fromEntries(entries)
}
