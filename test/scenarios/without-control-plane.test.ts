/**
 * The last good tree serves without anybody above it, and a bus that forgot everything is told again.
 * Real: one Docker Engine with its agent, nats-server, two masters, an edge with its nginx.
 */
import { test } from 'node:test'
import { eventually } from '../rig/eventually.ts'
import { answeredBy, assertNothingLost } from '../rig/expect.ts'
import { edgeListens, visitOf } from '../rig/parts.ts'
import { Rig } from '../rig/rig.ts'
import { Visitor } from '../rig/visitor.ts'

const label = (domain: string) => ({ labels: { 'roadstead.host': domain } })

test('routes outlive the control plane and the memory of the bus', async (t) => {
  await using rig = await Rig.start(t, { hosts: ['alpha'], masters: 2 })
  const { engine } = rig.host('alpha')
  const edge = rig.edge()
  await engine.run('web', label('web.example.com'))
  await answeredBy(rig, 'web.example.com', 'web')
  const visit = visitOf(edge, 'web.example.com', { by: () => ['web'] })

  await rig.step('NATS and both masters die: visitors notice nothing', async () => {
    await using visitor = Visitor.a(visit)
    await rig.bus.kill()
    await Promise.all(rig.masters.map(({ process }) => process.kill()))
    await eventually('some visits', () => visitor.report().requests > 50, { withinMs: 10_000 })
    assertNothingLost(await visitor.leave())
  })

  await rig.step('edge and nginx start anew with nobody above them', async () => {
    await edge.process.stop()
    await edge.process.restart()
    await edgeListens(edge)
    await answeredBy(rig, 'web.example.com', 'web')
    await using visitor = Visitor.a(visit)
    await eventually('some visits', () => visitor.report().requests > 50, { withinMs: 10_000 })
    assertNothingLost(await visitor.leave())
  })

  await rig.step('all comes back: changes flow again, and nothing was lost', async () => {
    await using visitor = Visitor.a(visit)
    await rig.bus.restart()
    await Promise.all(rig.masters.map(({ process }) => process.restart()))
    await engine.run('later', label('later.example.com'))
    await answeredBy(rig, 'later.example.com', 'later', { withinMs: 30_000 })
    assertNothingLost(await visitor.leave())
  })

  await rig.step('the bus forgets everything: routes stay, and tables come back', async () => {
    await using visitor = Visitor.a(visit)
    await rig.bus.wipe()
    await engine.run('after', label('after.example.com'))
    await answeredBy(rig, 'after.example.com', 'after', { withinMs: 40_000 })
    await answeredBy(rig, 'later.example.com', 'later')
    assertNothingLost(await visitor.leave())
  })
})
