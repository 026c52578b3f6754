import assert from 'node:assert/strict'
import { test } from 'node:test'
import { EventView } from '@roadstead/shared/protocol/http-events.ts'
import {
  ContainerView,
  EdgeView,
  Explanation,
  GraphView,
  HostView,
  LeaderView,
  listOf,
  RouteView,
  ServiceView,
  StatusView,
} from '@roadstead/shared/protocol/http.ts'
import { eventually } from '../../../test/rig/eventually.ts'
import type { NatsRig } from '../../../test/rig/nats.ts'
import { apiDepsOf } from './api-deps.ts'
import { buildApi } from './api/build-api.ts'
import { exampleContainer } from './core/examples.ts'
import { SOON, startAgent, startEdge, startMaster, startNats, web } from './testing/federation.ts'

test('every list of the API has the form that it promises', async () => {
  await using nats = await startNats()
  await using master = await startMaster(nats, 'm1')
  await using agent = startAgent(nats)
  await using edge = startEdge(nats)
  await agent.snapshot([web(1), exampleContainer(2)])
  await edge.report()
  await eventually('one endpoint', () => edge.endpoints() === 1, SOON)
  const token = 'token-of-the-first-admin'
  const api = await buildApi(apiDepsOf(master, { ...settings(nats), token }))
  await using _api = { [Symbol.asyncDispose]: () => api.close() }
  const headers = { host: 'localhost', authorization: `Bearer ${token}` }
  const get = async (path: string): Promise<unknown> =>
    (await api.inject({ url: `/api/v1/${path}`, headers })).json()
  for (const [path, schema] of Object.entries(ANSWERS)) schema.parse(await get(path))
  assert.equal(
    RouteView.parse(((await get('routes')) as { items: unknown[] }).items[0]).state,
    'routed',
  )
  assert.equal(
    Explanation.parse(await get('explain?subject=shop.example.com')).subject,
    'shop.example.com',
  )
  for (const name of ['c1', 'h1/c1', '/c1', web(1).id]) {
    assert.equal(ContainerView.parse(await get(`containers/${name}`)).id, web(1).id)
  }
  const scrape = await api.inject({ url: '/metrics', headers })
  assert.match(scrape.body, /roadstead_routes\{state="routed"\} 1/)
  assert.match(scrape.body, /roadstead_hosts\{presence="present"\} 1/)
})

const ANSWERS = {
  status: StatusView,
  leader: LeaderView,
  graph: GraphView,
  hosts: listOf(HostView),
  'hosts/h1': HostView,
  containers: listOf(ContainerView),
  services: listOf(ServiceView),
  routes: listOf(RouteView),
  edges: listOf(EdgeView),
  events: listOf(EventView),
}

function settings(nats: NatsRig) {
  const { natsUrl, publicKey, site } = nats.user('master', 'm1')
  const masters = [publicKey]
  const named = { v: 1, role: 'master', id: 'm1', name: 'm1' } as const
  return {
    identity: { ...named, site, natsUrl, publicKey, masters },
    names: new Set(['localhost']),
    dashboardDir: '/nowhere',
    isNatsOurs: true,
    metricSeries: 100,
  }
}
