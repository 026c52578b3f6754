import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sha256 } from '@roadstead/bus/sha256.ts'
import { HostId } from '@roadstead/shared/kernel/ids.ts'
import type { Container } from '@roadstead/shared/protocol/container.ts'
import { type Decision, decisionKey } from '@roadstead/shared/protocol/decision.ts'
import { DomainName, PathPattern, ServiceKey } from '@roadstead/shared/protocol/route.ts'
import { exampleContainer, exampleId, exampleSnapshot, exampleStamp } from '../examples.ts'
import { foldAll } from '../graph/fold.ts'
import { emptyGraph } from '../graph/graph.ts'
import { deriveAll } from './derive.ts'
import { defaultPolicy } from './policy.ts'

const alpha = HostId.parse('alpha')
const beta = HostId.parse('beta')

/** What becomes of each container, as `<host>/<name> <route>: <reason>`, and who serves each route. */
function derive(
  hosts: Readonly<Record<string, readonly Container[]>>,
  decisions: readonly Decision[] = [],
) {
  const { graph } = foldAll(emptyGraph, [
    ...Object.entries(hosts).map(([host, own]) => exampleSnapshot(exampleStamp(host, 1), own)),
    ...decisions.map((decision) => ({
      kind: 'decision' as const,
      key: decisionKey(decision, sha256),
      decision,
    })),
  ])
  const { table, verdicts } = deriveAll(graph, { policy: defaultPolicy, digest: sha256 })
  return {
    table,
    reasons: [...verdicts.values()]
      .flatMap((own) => [...own.values()].flat())
      .map(({ host, containerName, reason }) => `${host}/${containerName} ${reason}`)
      .sort(),
    served: Object.fromEntries(
      Array.from(table.routes.values(), ({ key, service, endpoints }) => [
        key,
        `${service}: ${endpoints.map((it) => `${it.host}/${it.containerName}:${it.port}`).join(' ')}`,
      ]),
    ),
  }
}

function shop(number: number, service: string, labels: Record<string, string> = {}): Container {
  const own = { 'roadstead.host': 'a.example', 'roadstead.service': service, ...labels }
  return exampleContainer(number, { labels: own })
}

function claim(service: string, container: number): Extract<Decision, { kind: 'claim' }> {
  return {
    kind: 'claim',
    domain: DomainName.parse('a.example'),
    path: PathPattern.parse('/'),
    match: 'prefix',
    service: ServiceKey.parse(service),
    host: alpha,
    container: exampleId(container),
    since: 'then',
  }
}

const lost = (host: HostId): Decision => ({
  kind: 'presence',
  host,
  presence: 'lost',
  since: 'then',
})

test('containers of one service pool over hosts', () => {
  const { served } = derive({ beta: [shop(2, 'one')], alpha: [shop(1, 'one')] })
  assert.deepEqual(served, { 'a.example prefix /': 'one: alpha/c1:80 beta/c2:80' })
})

test('a free route goes to the first by host and id; the other is told who has it', () => {
  const { served, reasons } = derive({ alpha: [shop(2, 'two'), shop(1, 'one')] })
  assert.deepEqual(served, { 'a.example prefix /': 'one: alpha/c1:80' })
  assert.deepEqual(reasons, ['alpha/c1 routed', 'alpha/c2 conflict-held'])
})

test('the holder keeps its route while one of its containers still asks, fit or not', () => {
  const stopped = { ...shop(2, 'two'), state: 'exited' as const }
  const { served } = derive({ alpha: [shop(1, 'one'), stopped] }, [claim('two', 2)])
  assert.deepEqual(served, { 'a.example prefix /': 'two: ' })
})

test('a claim is kept when nobody of its service asks, and whoever else asks waits', () => {
  const { served, reasons, table } = derive({ alpha: [shop(1, 'one')] }, [claim('two', 2)])
  assert.deepEqual(served, { 'a.example prefix /': 'two: ' })
  assert.deepEqual(reasons, ['alpha/c1 conflict-held'])
  assert.equal(table.routes.get('a.example prefix /')?.established, true)
})

test('a route that nobody asks for is held for as long as its claim says', () => {
  const { table } = derive({}, [{ ...claim('two', 2), holdMs: 5_000, stripPrefix: true }])
  const [pool] = table.services.get(ServiceKey.parse('two'))?.pools ?? []
  assert.deepEqual([pool?.holdMs, pool?.endpoints, pool?.routes[0]?.stripPrefix], [5_000, [], true])
})

test('a service is held, and begins slowly, for the longest that one of its containers asks', () => {
  const long = shop(1, 'one', { 'roadstead.hold': '2s', 'roadstead.slow-start': '1m' })
  const short = shop(2, 'one', { 'roadstead.hold': '500ms' })
  for (const containers of [
    [long, short],
    [short, { ...long, state: 'exited' as const }],
  ]) {
    const { table } = derive({ alpha: containers })
    const [pool] = table.services.get(ServiceKey.parse('one'))?.pools ?? []
    assert.deepEqual([pool?.holdMs, pool?.slowStartMs], [2_000, 60_000])
  }
})

test('a lost host makes way for others, and is never the last to go (I5)', () => {
  const hosts = { alpha: [shop(1, 'one')], beta: [shop(2, 'one')] }
  const one = derive(hosts, [lost(alpha)])
  assert.deepEqual(one.served, { 'a.example prefix /': 'one: beta/c2:80' })
  assert.deepEqual(one.reasons, ['alpha/c1 host-lost', 'beta/c2 routed'])

  const both = derive(hosts, [lost(alpha), lost(beta)])
  assert.deepEqual(both.served, { 'a.example prefix /': 'one: alpha/c1:80 beta/c2:80' })
  assert.deepEqual(both.reasons, ['alpha/c1 routed-last', 'beta/c2 routed-last'])
})

test('by evidence the last endpoint goes too, and the route stays to say so', () => {
  const { served } = derive({ alpha: [{ ...shop(1, 'one'), stopping: true }] })
  assert.deepEqual(served, { 'a.example prefix /': 'one: ' })
})

test('who shares the key of a service gets requests only for what it asks for itself', () => {
  const other = shop(2, 'one', { 'roadstead.host': 'b.example' })
  const { served, table } = derive({ alpha: [shop(1, 'one'), other] })
  assert.deepEqual(served, {
    'a.example prefix /': 'one: alpha/c1:80',
    'b.example prefix /': 'one: alpha/c2:80',
  })
  const pools = table.services.get(ServiceKey.parse('one'))?.pools ?? []
  assert.equal(new Set(pools.map(({ id }) => id)).size, 2)
})

test('routes of one service with the same containers are one group', () => {
  const both = { 'roadstead.host': 'a.example,b.example' }
  const { table } = derive({ alpha: [shop(1, 'one', both), shop(2, 'one', both)] })
  const pools = table.services.get(ServiceKey.parse('one'))?.pools ?? []
  assert.deepEqual(
    pools.map(({ routes }) => routes.map(({ domain }) => domain)),
    [['a.example', 'b.example']],
  )
})

test('containers of one service that disagree about a route do not mix', () => {
  const strip = { 'roadstead.http.x.host': 'x.example', 'roadstead.http.x.path': '/x' }
  const { reasons } = derive({
    alpha: [
      shop(1, 'one', { ...strip, 'roadstead.http.x.strip-prefix': 'true' }),
      shop(2, 'one', strip),
    ],
  })
  assert.deepEqual(reasons, [
    'alpha/c1 routed',
    'alpha/c1 routed',
    'alpha/c2 conflict-held',
    'alpha/c2 routed',
  ])
})

test('an address that another container has taken over is not routed to, nor its guests', () => {
  const at = (second: number) => ({ startedAt: `2026-01-01T00:00:0${second}Z` })
  const guest = { ...shop(3, 'two'), networkMode: `container:${exampleId(1)}`, attachments: [] }
  const asksElse = { ...guest, labels: { ...guest.labels, 'roadstead.host': 'b.example' } }
  const { attachments } = exampleContainer(1)
  const thief = { ...exampleContainer(2), attachments, ...at(2) }
  const { served, reasons } = derive({ alpha: [{ ...shop(1, 'one'), ...at(1) }, thief, asksElse] })
  assert.deepEqual(reasons, ['alpha/c1 address-reused', 'alpha/c3 address-reused'])
  assert.deepEqual(served, { 'a.example prefix /': 'one: ', 'b.example prefix /': 'two: ' })
})

test('a container in the network of another is reached through that one', () => {
  const guest = { ...shop(1, 'one'), networkMode: `container:${exampleId(2)}`, attachments: [] }
  const { table } = derive({ alpha: [guest, exampleContainer(2)] })
  const [route] = table.routes.values()
  assert.equal(route?.endpoints[0]?.reach.inside[0]?.address, '172.17.0.2')
})
