/**
 * A service is restarted under load, in both tiers, and a rollout outlives its leader. Real: a Docker Engine
 * with its agent, nats-server, two masters, an edge with its nginx, and visitors who count what they
 * lose and what was done twice. The long form is part of `npm run chaos`.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { rollingRestarts } from '../chaos/rolling-restarts.ts'
import { runEnded } from '../chaos/proof.ts'
import { eventually } from '../rig/eventually.ts'
import { answeredByAll, assertNothingLost } from '../rig/expect.ts'
import { visitOf } from '../rig/parts.ts'
import { Rig } from '../rig/rig.ts'
import { Visitor } from '../rig/visitor.ts'

const SHORT = { rounds: 2, clients: 10, pauseMs: 30, postsMin: 300 }

test('rolling restarts lose nothing in the live tier', async (t) => {
  await using rig = await Rig.start(t, { hosts: ['alpha'], masters: 2, tier: 'live' })
  const { engine } = rig.host('alpha')

  await rig.step('rollout, twice', async () => {
    const { wrong, figures } = await rollingRestarts(rig, SHORT)
    t.diagnostic(JSON.stringify(figures))
    assert.deepEqual(wrong, [])
  })

  const visit = visitOf(rig.edge(), 'shop.example.com')
  await rig.step('restart of one of two', async () => {
    await using visitor = Visitor.b(visit, { atOnce: 8, posts: true })
    const { leader } = await rig.leader()
    const before = await engine.container('shop-1').inspect()
    const run = await runEnded(rig, (await leader.api.restart('alpha/shop-1')).id)
    assert.equal(run.state, 'done', JSON.stringify(run.log))
    const now = await engine.container('shop-1').inspect()
    assert.notEqual(now.State.StartedAt, before.State.StartedAt)
    await answeredByAll(rig, 'shop.example.com', ['shop-1', 'shop-2'])
    assertNothingLost(await visitor.leave())
  })

  await rig.step('the leader dies in the middle of a rollout: the next one goes on', async () => {
    await using visitor = Visitor.b(visit, { atOnce: 8, posts: true })
    const { leader, epoch } = await rig.leader()
    const { id } = await leader.api.rollout('shop')
    await eventually(
      'the first is being restarted',
      async () => {
        const { members } = await leader.api.run(id)
        return members.some(({ phase }) => phase === 'draining' || phase === 'acting')
      },
      { withinMs: 10_000 },
    )
    await leader.process.kill()
    const run = await runEnded(rig, id)
    assert.equal(run.state, 'done', JSON.stringify(run.log))
    assert.ok((await rig.leader()).epoch > epoch)
    assert.ok(run.members.every(({ phase }) => phase === 'done'))
    await leader.process.restart()
    assertNothingLost(await visitor.leave())
  })
})

test('rolling restarts lose nothing for visitor A in the reload tier', async (t) => {
  await using rig = await Rig.start(t, { hosts: ['alpha'], tier: 'reload' })
  const { wrong, figures } = await rollingRestarts(rig, { ...SHORT, rounds: 1, postsMin: 100 })
  t.diagnostic(JSON.stringify(figures))
  assert.deepEqual(wrong, [])
})
