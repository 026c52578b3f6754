import assert from 'node:assert/strict'
import { test } from 'node:test'
import { EdgeId } from '@roadstead/shared/kernel/ids.ts'
import type { Container } from '@roadstead/shared/protocol/container.ts'
import type { EdgeStatus } from '@roadstead/shared/protocol/edge-status.ts'
import {
  ContainerView,
  EdgeView,
  Explanation,
  GraphView,
  HostView,
  RouteView,
  ServiceView,
} from '@roadstead/shared/protocol/http.ts'
import { DomainName, PathPattern, ServiceKey } from '@roadstead/shared/protocol/route.ts'
import { RunId } from '@roadstead/shared/protocol/run.ts'
import type { LiveState } from '@roadstead/shared/protocol/live.ts'
import { edge, scene } from '../../testing/scene.ts'
import { exampleContainer, exampleSnapshot, exampleStamp } from '../examples.ts'
import { foldAll } from '../graph/fold.ts'
import { emptyGraph } from '../graph/graph.ts'
import { graphView } from '../graph/links.ts'
import { Stock } from '../graph/stock.ts'
import { exampleDigest, exampleImage, exampleImages, exampleVolumes } from '../stock-examples.ts'
import { diffLive } from '../live/diff.ts'
import { containerViews } from '../views/container-view.ts'
import { edgeViews } from '../views/edge-view.ts'
import { hostViews } from '../views/host-view.ts'
import { routeViews } from '../views/route-view.ts'
import type { Scene } from '../views/scene.ts'
import { serviceViews } from '../views/service-view.ts'
import { explain } from './explain.ts'

const alpha = exampleStamp('alpha', 1).host
const shop = (number: number, changes: Partial<Container> = {}) =>
  exampleContainer(number, {
    labels: { 'roadstead.host': 'shop.example', 'roadstead.service': 'shop' },
    ...changes,
  })

function told(subject: string, from: Scene): readonly string[] {
  const explanation = explain(subject, from)
  assert.ok(explanation !== undefined)
  Explanation.parse(explanation)
  const steps = explanation.steps.map(({ ok, what }) => `${ok ? 'yes' : 'NO'} ${what}`)
  return [...steps, `routed: ${explanation.routed}`]
}

test('a routed container is explained from its host to every edge', () => {
  assert.deepEqual(told('c1', scene([shop(1)])), [
    'yes its host is heard',
    'yes it runs',
    'yes it accepts connections',
    'yes it asks for routes',
    'yes its labels are understood',
    'yes its service holds the route',
    'yes in the table',
    'yes an edge reaches it',
    'yes in force at an edge',
    'routed: true',
  ])
})

test('edges are called as people call them, unless two have one name', () => {
  const from = scene([shop(1)])
  const calledAs = (them: Scene): readonly string[] => {
    const steps = explain('c1', them)?.steps ?? []
    return [...new Set(steps.flatMap(({ details }) => details['edge'] ?? []))]
  }
  assert.deepEqual(calledAs(from), ['front'])
  const [[id, heard] = []] = from.edges
  assert.ok(id !== undefined && heard !== undefined)
  const twin = EdgeId.parse('e-twin')
  const both = { ...from, edges: new Map([...from.edges, [twin, heard] as const]) }
  assert.deepEqual(calledAs(both).toSorted(), [id, twin].toSorted())
})

test('what is wrong is said where it is decided, with a remedy', () => {
  const from = scene([shop(1, { health: 'unhealthy' })])
  assert.deepEqual(told('c1', from).slice(2), [
    'NO its HEALTHCHECK does not pass',
    'yes it asks for routes',
    'yes its labels are understood',
    'yes its service holds the route',
    'NO The HEALTHCHECK of the container fails.',
    'routed: false',
  ])
  assert.deepEqual(explain('c1', from)?.remedies, ['Look at the output of the check on its host.'])
})

const { id } = exampleContainer(1)
const drain = { kind: 'drain' as const, host: alpha, by: 'ann', why: 'new kernel', since: 'then' }

test('a drained container says who took it out, and what to type to take it back', () => {
  const own = scene([shop(1)], {}, [{ ...drain, container: id }])
  assert.ok(told('c1', own).includes('NO it is drained'))
  assert.ok(explain('c1', own)?.remedies.includes('roadstead undrain alpha/c1'))
  const { why, by, since } = drain
  assert.deepEqual(containerViews(own)[0]?.drained, { by, why, since })
  assert.equal(hostViews(own)[0]?.drained, undefined)

  const whole = scene([shop(1)], {}, [drain])
  assert.ok(told('c1', whole).includes('NO its host is drained'))
  assert.ok(explain('c1', whole)?.remedies.includes('roadstead undrain --host alpha'))
  assert.deepEqual(containerViews(whole)[0]?.drained, { by, why, since })
  assert.deepEqual(hostViews(whole)[0]?.drained, { by, why, since })

  const run = RunId.parse('0123456789abcdef')
  const byRun = scene([shop(1)], {}, [{ ...drain, container: id, run }])
  const [, remedy] = explain('c1', byRun)?.remedies ?? []
  assert.equal(remedy, 'To see how far that is: roadstead runs 0123456789abcdef')
})

test('one that falls again and again says how often, since when, and until when', () => {
  const flapping = {
    kind: 'flapping' as const,
    host: alpha,
    container: id,
    falls: 4,
    calmMs: 10_000,
  }
  const from = scene([shop(1), shop(2)], {}, [{ ...flapping, since: 'then' }])
  const step = explain('c1', from)?.steps.find(({ what }) => what.startsWith('it fell'))
  assert.deepEqual(step?.details, { falls: '4', since: 'then', 'returns after calm of': '10s' })
  const [service] = serviceViews(from)
  assert.equal(service?.state, 'degraded')
  assert.deepEqual(
    service?.endpoints.map(({ reason }) => reason),
    ['flapping', 'routed'],
  )
})

test('a route that nobody asks for any more says that its name is kept', () => {
  const [path, match] = [PathPattern.parse('/'), 'prefix' as const]
  const place = { domain: DomainName.parse('shop.example'), path, match }
  const claim = { kind: 'claim' as const, ...place, service: ServiceKey.parse('shop') }
  const from = scene([], {}, [{ ...claim, host: alpha, container: id, since: 'then' }])
  assert.deepEqual(told('shop.example', from).slice(0, 2), [
    'yes a service holds the route',
    'NO nobody asks for it any more: visitors get 503 while its name is kept',
  ])
  const [view] = routeViews(from)
  assert.deepEqual([view?.state, view?.endpoints], ['kept', []])
  assert.equal(serviceViews(from)[0]?.state, 'down')
})

test('a container that asks for nothing is told how to ask', () => {
  const said = told('c1', scene([exampleContainer(1)]))
  assert.ok(said.includes('NO it asks for no route'))
})

test('a table that is not in force yet does not count as routed', () => {
  const from = { ...scene([shop(1)]), desired: new Map([[edge, { epoch: 1, version: 2 }]]) }
  assert.ok(told('c1', from).includes('NO in force at an edge'))
  assert.ok(told('shop.example', from).includes('routed: false'))
})

test('a domain, a URL and a service are explained by their routes', () => {
  const from = scene([shop(1), shop(2, { state: 'exited' })])
  for (const subject of ['shop.example', 'http://shop.example/cart', 'shop.example:80/', 'shop']) {
    const said = told(subject, from)
    assert.ok(said.includes('yes a container serves it'), subject)
    assert.ok(said.includes('NO The container does not run.'), subject)
    assert.ok(said.includes('routed: true'), subject)
  }
  assert.equal(explain('nothing.example', from), undefined)
})

test('a domain that was only ever asked for wrongly is explained too', () => {
  const from = scene([
    shop(1, { labels: { 'roadstead.host': 'shop.example', 'roadstead.port': 'x' } }),
  ])
  assert.deepEqual(told('shop.example', from), [
    'NO The port label is not a port.',
    'routed: false',
  ])
  const [route] = routeViews(from)
  assert.equal(route?.state, 'invalid-port')
})

test('containers are listed by the names of their hosts, then by their own', () => {
  const beta = exampleSnapshot(exampleStamp('beta', 1), [
    exampleContainer(1, { name: 'b' }),
    exampleContainer(2, { name: 'a' }),
  ])
  const [first] = [exampleSnapshot(exampleStamp('zeta', 1), [exampleContainer(3, { name: 'c' })])]
  const named = { ...first, facts: { ...first.facts, name: 'alpha' } }
  const { graph } = foldAll(emptyGraph, [beta, named])
  const paths = containerViews({ ...scene([]), graph }).map((each) => each.path)
  assert.deepEqual(paths, ['alpha/c', `${beta.facts.name}/a`, `${beta.facts.name}/b`])
})

test('every view has the form that the API promises', () => {
  const from = scene([shop(1), shop(2, { health: 'unhealthy' }), exampleContainer(3)])
  for (const host of hostViews(from)) HostView.parse(host)
  for (const container of containerViews(from)) ContainerView.parse(container)
  for (const route of routeViews(from)) RouteView.parse(route)
  for (const service of serviceViews(from)) ServiceView.parse(service)
  for (const each of edgeViews(from)) EdgeView.parse(each)
  GraphView.parse(graphView(from.graph, from.table, new Stock()))

  const [service] = serviceViews(from)
  assert.equal(service?.state, 'degraded')
  assert.deepEqual(
    service?.endpoints.map(({ reason }) => reason),
    ['routed', 'unhealthy'],
  )
  assert.deepEqual(service?.endpoints[0]?.addresses, { front: '172.17.0.1:80' })
})

test('every link of the graph leads from a thing that is there to another', () => {
  const { nodes, links } = graphView(
    ...graphOf([
      shop(1),
      exampleContainer(2, {
        image: { reference: 'shop:2', id: exampleDigest(1), digests: [] },
        mounts: ['data', 'elsewhere'].map((source) => ({ ...VOLUME, source })),
      }),
    ]),
  )
  const ids = new Set(nodes.map(({ id }) => id))
  assert.ok(links.every(({ from, to }) => ids.has(from) && ids.has(to)))
  const kinds = [...new Set(nodes.map(({ kind }) => kind))].sort()
  const expected =
    'container domain endpoint engine host image layer network route service volume workload'
  assert.equal(kinds.join(' '), expected)
  const inUse = links.filter(({ kind }) => kind === 'runs from' || kind === 'mounts')
  assert.deepEqual(
    inUse.map(({ to }) => to.split(':')[0]),
    ['volume', 'image'],
  )
})

const VOLUME = { kind: 'volume', target: '/data', writable: true } as const

function graphOf(containers: readonly Container[]): Parameters<typeof graphView> {
  const { graph, table } = scene(containers)
  const stock = new Stock()
  const [image, layer] = [exampleDigest(1), exampleDigest(2)]
  stock.hear(exampleImages('alpha', 1, [exampleImage(image, { layers: [layer] })]))
  stock.hear(exampleVolumes('alpha', 1, ['data']))
  return [graph, table, stock]
}

test('a hold that an edge cannot give is said where it was asked for', () => {
  const labels = { 'roadstead.host': 'shop.example', 'roadstead.hold': '10s' }
  const no = 'NO an edge of the reload tier holds no requests'
  const steps = (tier: EdgeStatus['tier']) => told('c1', scene([shop(1, { labels })], { tier }))
  assert.ok(steps('reload').includes(no))
  assert.ok(!steps('live').includes(no))
})

test('a patch holds the rows that changed, and time that passes is no change', () => {
  const before = live(scene([shop(1)]))
  assert.equal(diffLive(before, live({ ...scene([shop(1)]), nowMs: 9_000 })), undefined)

  const patch = diffLive(before, live(scene([])))
  assert.deepEqual(patch?.routes, { up: [], gone: ['shop.example prefix /'] })
  assert.deepEqual(patch?.services, { up: [], gone: ['shop'] })
  assert.equal(patch?.hosts?.up[0]?.containers, 0)
  assert.equal(patch?.edges, undefined)
})

function live(from: Scene): LiveState {
  return {
    status: {
      site: 'main',
      master: 'm',
      instance: 'm1',
      role: 'leader',
      revision: from.nowMs,
      version: '0.1.0',
      nats: { connected: true, version: '2.9.10', servers: 1 },
      counts: { hosts: 1, containers: 1, services: 1, routes: 1, edges: 1 },
      warnings: [],
    },
    hosts: [...hostViews(from)],
    services: [...serviceViews(from)],
    routes: [...routeViews(from)],
    edges: [...edgeViews(from)],
    runs: [],
    events: [],
  }
}
