import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Container } from '@roadstead/shared/protocol/container.ts'
import {
  ContainerView,
  Explanation,
  RouteView,
  ServiceView,
} from '@roadstead/shared/protocol/http.ts'
import { wantsOf } from '@roadstead/shared/protocol/route-wants.ts'
import { scene } from '../../testing/scene.ts'
import { exampleContainer } from '../examples.ts'
import { containerViews } from '../views/container-view.ts'
import { routeViews } from '../views/route-view.ts'
import type { Scene } from '../views/scene.ts'
import { serviceViews } from '../views/service-view.ts'
import { explain } from './explain.ts'

const HOST = { 'roadstead.host': 'shop.example' }
const of = (number: number, labels: Record<string, string>): Container =>
  exampleContainer(number, { labels })

function steps(subject: string, from: Scene): Map<string, Record<string, string>> {
  const explanation = Explanation.parse(explain(subject, from))
  return new Map(
    explanation.steps.map(({ ok, what, details }) => [`${ok ? 'yes' : 'NO'} ${what}`, details]),
  )
}

test('settings are told in the words of labels, in the route and in why', () => {
  const labels = {
    ...HOST,
    'roadstead.http.default.allow': '10.0.0.0/8',
    'roadstead.http.default.limit': '20r/s',
    'roadstead.http.default.priority': '5',
    'roadstead.sticky': 'address',
  }
  const from = scene([of(1, labels)])
  const said = { priority: '5', allow: '10.0.0.0/8', limit: '20r/s burst=20', sticky: 'address' }
  const step = 'yes it is served as its labels want it'
  assert.deepEqual(steps('c1', from).get(step), said)
  assert.deepEqual(steps('shop.example', from).get(step), said)
  const [route] = routeViews(from).map((each) => RouteView.parse(each))
  assert.deepEqual(wantsOf(route ?? {}), [
    'priority 5',
    'allow 10.0.0.0/8',
    'limit 20r/s burst=20',
    'sticky address',
  ])
  const plain = routeViews(scene([of(1, HOST)]))[0]
  assert.deepEqual(
    [plain?.settings, plain?.priority, wantsOf(plain ?? {})],
    [undefined, undefined, []],
  )
})

test('a canary is told from both sides', () => {
  const shop = { ...HOST, 'roadstead.http.default.canary': 'next 10%' }
  const next = { ...HOST, 'roadstead.service': 'next' }
  const both = scene([of(1, shop), of(2, next)])
  const shared = steps('shop.example', both).get('yes another service has a share of it')
  assert.deepEqual(shared, { canary: 'next 10%', endpoints: '1' })
  const own = steps('c2', both)
  assert.equal(own.get('yes its service has a share of the route')?.['holder'], 'c1')
  assert.equal(own.get('yes an edge reaches it')?.['address'], '172.17.0.2:80')
  assert.equal(explain('c2', both)?.routed, true)
  const [route] = routeViews(both).map((each) => RouteView.parse(each))
  assert.deepEqual(
    route?.canary?.endpoints.map(({ containerName, reason }) => `${containerName} ${reason}`),
    ['c2 routed'],
  )
  assert.deepEqual(wantsOf(route ?? {}), ['10% to next'])
  const services = serviceViews(both).map((each) => ServiceView.parse(each))
  assert.deepEqual(
    services.map(({ key, state }) => `${key} ${state}`),
    ['c1 serving', 'next serving'],
  )

  const alone = steps('shop.example', scene([of(1, shop)]))
  assert.ok(alone.has('NO the other service does not ask for a share of it'))
  assert.equal(explain('c1', scene([of(1, shop)]))?.routed, true, 'nothing is lost by it')
  const down = scene([of(1, shop), { ...of(2, next), state: 'exited' }])
  assert.ok(steps('shop.example', down).has('NO the other service cannot serve its share now'))
  assert.deepEqual(wantsOf(routeViews(down)[0] ?? {}), ['10% to next, which cannot serve'])
})

test('users that nobody has set keep everybody out, and that is said with what to type', () => {
  const from = scene([of(1, { ...HOST, 'roadstead.http.default.auth': 'basic:team' })])
  const step = 'NO nobody has set the users that it asks for: visitors get 503'
  for (const subject of ['c1', 'shop.example']) {
    assert.deepEqual(steps(subject, from).get(step), { users: 'team' })
    const { remedies, routed } = Explanation.parse(explain(subject, from))
    assert.equal(routed, false)
    assert.match(remedies.join(), /roadstead users set team/)
  }
})

test('the language that won, those that lost, and what is not done are told', () => {
  const traefik = { 'traefik.http.routers.r.rule': 'Host(`shop.example`)' }
  const lost = scene([of(1, { ...HOST, ...traefik })])
  const step = 'NO it asks in other languages too, which are not listened to'
  assert.deepEqual(steps('c1', lost).get(step), { dialect: 'roadstead', others: 'traefik' })
  assert.deepEqual(ContainerView.parse(containerViews(lost)[0]).lostDialects, ['traefik'])

  const service = 'traefik.http.services.s.loadbalancer'
  const remarked = { ...traefik, [`${service}.responseforwarding.flushinterval`]: '1s' }
  const read = scene([of(1, { ...remarked, [`${service}.server.port`]: '80' })])
  const said = steps('c1', read)
  assert.equal(said.get('yes its routes are read as')?.['dialect'], 'traefik')
  const [remark] = ContainerView.parse(containerViews(read)[0]).remarks ?? []
  assert.match(remark?.key ?? '', /responseforwarding\.flush/)
  const undone = said.get('NO something that it asks for is not done')
  assert.deepEqual([undone?.['label'], undone?.['why']], [remark?.key, remark?.why])
  assert.equal(explain('c1', read)?.routed, true, 'a remark keeps nobody out')
})

test('a URL is explained by the routes that may answer it, in the order in which edges ask', () => {
  const rule = (name: string, text: string) => ({ [`traefik.http.routers.${name}.rule`]: text })
  const host = 'Host(`shop.example`)'
  const labels = { ...rule('a', host), ...rule('b', `${host} && Method(\`POST\`)`) }
  const from = scene([of(1, labels)])
  const held = explain('http://shop.example/cart', from)?.steps.filter(
    ({ what }) => what === 'a service holds the route',
  )
  assert.equal(held?.length, 2)
  const condition = steps('http://shop.example/cart', from).get(
    'yes it is served as its labels want it',
  )
  assert.ok(condition)
})
