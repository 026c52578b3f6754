/**
 * What happens to a container reaches visitors. Real: the Docker Engine in a network of its own,
 * the agent beside it, nats-server, one master, an edge with its nginx, and the visitors.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { eventually } from '../rig/eventually.ts'
import {
  answeredBy,
  answeredByAll,
  answeredByNobody,
  assertNothingLost,
  routeIs,
} from '../rig/expect.ts'
import { visitOf } from '../rig/parts.ts'
import { Rig } from '../rig/rig.ts'
import { Visitor } from '../rig/visitor.ts'

/** A route outlives its last container by ten seconds. */
const CLAIM_KEPT_MS_MAX = 25_000

const at = (domain: string) => ({ labels: { 'roadstead.host': domain } })

test('what happens to a container reaches visitors', async (t) => {
  await using rig = await Rig.start(t, { hosts: ['alpha'] })
  const { engine } = rig.host('alpha')
  const web = engine.container('web')

  await rig.step('it starts: visitors reach it', async () => {
    await engine.run('web', at('web.example.com'))
    await answeredBy(rig, 'web.example.com', 'web')
  })

  await rig.step('it is stopped, and started again', async () => {
    await web.stop()
    await answeredByNobody(rig, 'web.example.com')
    await web.start()
    await answeredBy(rig, 'web.example.com', 'web')
  })

  await rig.step('it is restarted', async () => {
    await web.restart()
    await answeredBy(rig, 'web.example.com', 'web')
  })

  await rig.step('it is killed, and started again', async () => {
    await web.kill()
    await answeredByNobody(rig, 'web.example.com')
    await web.start()
    await answeredBy(rig, 'web.example.com', 'web')
  })

  await rig.step('it is paused: it gets no visitors until it is unpaused', async () => {
    await web.pause()
    assert.equal(await answeredByNobody(rig, 'web.example.com'), 503)
    await routeIs(rig, 'web.example.com', 'paused')
    await web.unpause()
    await answeredBy(rig, 'web.example.com', 'web')
  })

  await rig.step('it is renamed: it goes on serving under its new name', async () => {
    await using visitor = Visitor.a(visitOf(rig.edge(), 'web.example.com'))
    await web.rename({ name: 'shop' })
    const { leader } = await rig.leader()
    await eventually(
      'the API knows the new name',
      async () => (await leader.api.containers()).some((it) => it.path === 'alpha/shop'),
      { withinMs: 15_000 },
    )
    assertNothingLost(await visitor.leave(), 1)
  })

  await rig.step('it is removed: its route stays for the next one, and then goes', async () => {
    await engine.remove('shop')
    await eventually(
      'visitors are told to come back',
      async () => (await answeredByNobody(rig, 'web.example.com')) === 503,
      { withinMs: 5_000 },
    )
    await eventually(
      'visitors are told that there is nothing',
      async () => (await answeredByNobody(rig, 'web.example.com')) === 404,
      { withinMs: CLAIM_KEPT_MS_MAX },
    )
    const { leader } = await rig.leader()
    await eventually(
      'the API has no such route',
      async () => {
        return (await leader.api.routes()).every((it) => it.domain !== 'web.example.com')
      },
      { withinMs: 15_000 },
    )
  })

  await rig.step('its HEALTHCHECK decides when it is served', async () => {
    await engine.run('sick', { ...at('sick.example.com'), healthcheck: true })
    await answeredBy(rig, 'sick.example.com', 'sick')
    await engine.sicken('sick')
    await answeredByNobody(rig, 'sick.example.com')
    await routeIs(rig, 'sick.example.com', 'unhealthy')
    await engine.heal('sick')
    await answeredBy(rig, 'sick.example.com', 'sick')
  })

  await rig.step('without a HEALTHCHECK it is served once it listens', async () => {
    await engine.run('slow', { ...at('slow.example.com'), startAfterS: 2 })
    await routeIs(rig, 'slow.example.com', 'not-accepting')
    await answeredBy(rig, 'slow.example.com', 'slow')
  })

  await rig.step('it leaves its network, and comes back', async () => {
    await engine.createNetwork('shared')
    await engine.run('net', { ...at('net.example.com'), network: 'shared' })
    await answeredBy(rig, 'net.example.com', 'net')
    const network = engine.api.getNetwork('shared')
    await network.disconnect({ Container: 'net' })
    await answeredByNobody(rig, 'net.example.com')
    await network.connect({ Container: 'net' })
    await answeredBy(rig, 'net.example.com', 'net')
  })

  await rig.step('one of two is told to stop: no request is lost', async () => {
    const pool = { ...at('pool.example.com'), stopAfterS: 2 }
    const labels = { ...pool.labels, 'roadstead.service': 'pool' }
    await engine.run('pool-1', { ...pool, labels })
    await engine.run('pool-2', { ...pool, labels })
    await answeredByAll(rig, 'pool.example.com', ['pool-1', 'pool-2'])
    await using visitor = Visitor.a(visitOf(rig.edge(), 'pool.example.com'))
    await engine.container('pool-1').stop()
    await answeredBy(rig, 'pool.example.com', 'pool-2')
    await engine.container('pool-1').start()
    await answeredByAll(rig, 'pool.example.com', ['pool-1', 'pool-2'])
    assertNothingLost(await visitor.leave())
  })
})
