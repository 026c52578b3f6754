/**
 * A route that nginx does not take is left out alone, and named. Real: a Docker Engine with its agent,
 * nats-server, a master, an edge with its nginx; nginx itself is made choosy by a script before it,
 * since nothing that a label may say is refused by the real one.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { eventually } from '../rig/eventually.ts'
import { answeredBy, answeredByNobody, assertNothingLost, routeIs } from '../rig/expect.ts'
import { visitOf } from '../rig/parts.ts'
import { Rig } from '../rig/rig.ts'
import { Visitor } from '../rig/visitor.ts'

const label = (domain: string) => ({ labels: { 'roadstead.host': domain } })
const nginx = fileURLToPath(new URL('../rig/choosy-nginx.sh', import.meta.url))

test('one bad route costs one route (I9)', async (t) => {
  // In the reload tier every route is text; in the live tier a plain one is data that nginx cannot refuse.
  await using rig = await Rig.start(t, { hosts: ['alpha'], nginx, tier: 'reload' })
  const { engine } = rig.host('alpha')
  await engine.run('good', label('good.example.com'))
  await answeredBy(rig, 'good.example.com', 'good')
  await using visitor = Visitor.a(visitOf(rig.edge(), 'good.example.com', { by: () => ['good'] }))

  await rig.step('the others go on changing', async () => {
    await engine.run('bad', label('poison.example.com'))
    await engine.run('next', label('next.example.com'))
    await answeredBy(rig, 'next.example.com', 'next')
    await answeredByNobody(rig, 'poison.example.com')
  })

  await rig.step('the route and its container are named, with the reason', async () => {
    const { leader } = await rig.leader()
    const { Id: id } = await engine.container('bad').inspect()
    const left = await eventually(
      'the edge reports it',
      async () => (await leader.api.edges()).flatMap(({ quarantined }) => quarantined)[0],
      { withinMs: 10_000 },
    )
    assert.equal(left.route.domain, 'poison.example.com')
    assert.deepEqual(left.containers, [id])
    assert.notEqual(left.reason, '')
    await routeIs(rig, 'poison.example.com', 'quarantined')
  })

  assertNothingLost(await visitor.leave())
})
