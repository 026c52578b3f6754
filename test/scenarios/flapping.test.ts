/**
 * A container that falls again and again gets no visitors until it has stayed up. Real: a Docker Engine with
 * its agent, nats-server, a master, an edge with its nginx, and a visitor of the service, which has a
 * second, healthy container.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { eventually } from '../rig/eventually.ts'
import { answeredBy, answeredByAll } from '../rig/expect.ts'
import { Rig } from '../rig/rig.ts'

const labels = { 'roadstead.host': 'pool.example.com', 'roadstead.service': 'pool' }
const FALLS_MAX = 10
/** The first calm is short; the machine is slow. */
const RETURN_MS_MAX = 60_000

test('a container that falls again and again', async (t) => {
  await using rig = await Rig.start(t, { hosts: ['alpha'] })
  const { engine } = rig.host('alpha')
  const { leader } = await rig.leader()
  await engine.run('steady', { labels })
  await engine.run('shaky', { labels, healthcheck: true })
  await answeredByAll(rig, 'pool.example.com', ['steady', 'shaky'])
  const isFlapping = async (): Promise<boolean> => {
    const shaky = (await leader.api.containers()).find(({ name }) => name === 'shaky')
    assert.ok(shaky)
    return shaky.verdicts.some(({ reason }) => reason === 'flapping')
  }

  await rig.step('is quarantined from routing, and not from view', async () => {
    for (let fall = 0; fall < FALLS_MAX && !(await isFlapping()); fall += 1) {
      await answeredByAll(rig, 'pool.example.com', ['steady', 'shaky'])
      await engine.sicken('shaky')
      await answeredBy(rig, 'pool.example.com', 'steady')
      await engine.heal('shaky')
      await eventually(
        'it is routed again, or known to flap',
        async () => {
          const shaky = (await leader.api.containers()).find(({ name }) => name === 'shaky')
          return shaky?.verdicts.some(({ reason }) => reason === 'routed' || reason === 'flapping')
        },
        { withinMs: 15_000 },
      )
    }
    assert.ok(await isFlapping())
    await answeredBy(rig, 'pool.example.com', 'steady')
  })

  await rig.step('returns when it has stayed up', async () => {
    const where = { withinMs: RETURN_MS_MAX }
    await answeredByAll(rig, 'pool.example.com', ['steady', 'shaky'], where)
    assert.equal(await isFlapping(), false)
  })
})
