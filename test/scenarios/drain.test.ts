/**
 * Containers and hosts are taken out of service and put back by an operator. Real: two Docker Engines with
 * their agents, nats-server, a master, two edges with their nginx, one of each tier.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { runEnded } from '../chaos/proof.ts'
import { eventually } from '../rig/eventually.ts'
import { answeredBy, answeredByAll, answeredByNobody, assertNothingLost } from '../rig/expect.ts'
import { visitOf } from '../rig/parts.ts'
import { Rig } from '../rig/rig.ts'
import { Visitor } from '../rig/visitor.ts'

const labels = { 'roadstead.host': 'pool.example.com', 'roadstead.service': 'pool' }
const EDGES = [0, 1] as const

test('drain and undrain', async (t) => {
  const options = { hosts: ['alpha', 'beta'], edges: 2, tier: ['live', 'reload'] } as const
  await using rig = await Rig.start(t, options)
  const { leader } = await rig.leader()
  await rig.host('alpha').engine.run('pool-a', { labels })
  await rig.host('beta').engine.run('pool-b', { labels })
  for (const edge of EDGES) {
    await answeredByAll(rig, 'pool.example.com', ['pool-a', 'pool-b'], { edge })
  }
  const visit = visitOf(rig.edge(0), 'pool.example.com')

  await rig.step('a container that is drained gets no visitors, at any edge', async () => {
    await using b = Visitor.b(visit, { atOnce: 10, pauseMs: 20 })
    await using a = Visitor.a(visitOf(rig.edge(1), 'pool.example.com'))
    const { id } = await leader.api.drain({ container: 'alpha/pool-a' })
    const run = await runEnded(rig, id)
    assert.equal(run.state, 'done', JSON.stringify(run.log))
    for (const edge of EDGES) await nobodyElseAnswers(rig, edge, ['pool-b'])
    const drained = (await leader.api.containers()).find(({ name }) => name === 'pool-a')
    assert.ok(drained?.drained)
    await leader.api.undrain({ container: 'alpha/pool-a' })
    for (const edge of EDGES) {
      await answeredByAll(rig, 'pool.example.com', ['pool-a', 'pool-b'], { edge })
    }
    assertNothingLost(await b.leave())
    assertNothingLost(await a.leave())
  })

  await rig.step(
    'a host that is drained gets none either, for what it starts later too',
    async () => {
      await using b = Visitor.b(visit, { atOnce: 10, pauseMs: 20 })
      const run = await runEnded(rig, (await leader.api.drain({ host: 'beta' })).id)
      assert.equal(run.state, 'done', JSON.stringify(run.log))
      for (const edge of EDGES) await nobodyElseAnswers(rig, edge, ['pool-a'])
      await rig.host('beta').engine.run('pool-c', { labels })
      await eventually(
        'the API shows why the new one gets none',
        async () => {
          const containers = await leader.api.containers()
          const late = containers.find(({ name }) => name === 'pool-c')
          return late?.verdicts.some(({ reason }) => reason === 'drained')
        },
        { withinMs: 10_000 },
      )
      await answeredBy(rig, 'pool.example.com', 'pool-a')
      await leader.api.undrain({ host: 'beta' })
      await answeredByAll(rig, 'pool.example.com', ['pool-a', 'pool-b', 'pool-c'])
      assertNothingLost(await b.leave())
    },
  )

  await rig.step('the last one is drained, too: a person said so', async () => {
    await leader.api.drain({ host: 'alpha' })
    await leader.api.drain({ host: 'beta' })
    assert.equal(await answeredByNobody(rig, 'pool.example.com'), 503)
    await leader.api.undrain({ host: 'alpha' })
    await leader.api.undrain({ host: 'beta' })
    await answeredByAll(rig, 'pool.example.com', ['pool-a', 'pool-b', 'pool-c'])
  })
})

/** At once, without waiting for it: an ended run promises just that. */
async function nobodyElseAnswers(rig: Rig, edge: number, by: readonly string[]): Promise<void> {
  const visit = visitOf(rig.edge(edge), 'pool.example.com', { by: () => by })
  await using visitor = Visitor.a(visit)
  await eventually('some visits', () => visitor.report().requests > 30, { withinMs: 10_000 })
  assertNothingLost(await visitor.leave())
}
