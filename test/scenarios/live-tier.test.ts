/**
 * In the live tier changes reach visitors without a reload, and nobody who is there already notices any.
 * Real: a Docker Engine with its agent, nats-server, two masters, an edge with its nginx and its Lua
 * module, visitors who keep their connections, and open WebSockets.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { eventually } from '../rig/eventually.ts'
import { answeredBy, answeredByAll, answeredByNobody, assertNothingLost } from '../rig/expect.ts'
import { nginxOf } from '../rig/nginx-processes.ts'
import { edgeListens, visitOf } from '../rig/parts.ts'
import { Rig } from '../rig/rig.ts'
import { Visitor } from '../rig/visitor.ts'
import { WebSockets } from '../rig/web-sockets.ts'

const label = (domain: string) => ({ labels: { 'roadstead.host': domain } })
const CONNECTIONS = 40
const SOCKETS = 50
const CHANGES = 12

test('changes without a reload', async (t) => {
  await using rig = await Rig.start(t, { hosts: ['alpha'], masters: 2, tier: 'live' })
  const { engine } = rig.host('alpha')
  const edge = rig.edge()
  const books = rig.folder.folder('books')
  await engine.run('steady', { ...label('steady.example.com'), clerk: { books } })
  await answeredBy(rig, 'steady.example.com', 'steady')
  const steady = visitOf(edge, 'steady.example.com', { by: () => ['steady'] })

  await rig.step('a new domain and a new endpoint: the same workers serve them', async () => {
    const before = new Set(nginxOf(edge).workers)
    const pool = { labels: { ...label('pool.example.com').labels, 'roadstead.service': 'pool' } }
    await engine.run('pool-1', pool)
    await answeredBy(rig, 'pool.example.com', 'pool-1')
    await engine.run('pool-2', pool)
    await answeredByAll(rig, 'pool.example.com', ['pool-1', 'pool-2'])
    await engine.remove('pool-1')
    await answeredBy(rig, 'pool.example.com', 'pool-2')
    assert.deepEqual(new Set(nginxOf(edge).workers), before)
  })

  await rig.step('visitor B and open WebSockets go through many changes unharmed', async () => {
    using sockets = await WebSockets.open(steady, SOCKETS)
    await using visitor = Visitor.b(steady, { atOnce: CONNECTIONS, pauseMs: 40 })
    const before = await nginxSaid(rig)
    for (let change = 0; change < CHANGES; change += 1) {
      if (change % 2 === 0) {
        await engine.container('pool-2').pause()
        await answeredByNobody(rig, 'pool.example.com')
      } else {
        await engine.container('pool-2').unpause()
        await answeredBy(rig, 'pool.example.com', 'pool-2')
      }
    }
    assert.equal((await sockets.echo('still here')).alive, SOCKETS)
    assertNothingLost(await visitor.leave(), CONNECTIONS * 2)
    await eventually(
      'the edge says that each change was pushed',
      async () => (await nginxSaid(rig)).pushes >= before.pushes + CHANGES,
      { withinMs: 10_000 },
    )
    assert.equal((await nginxSaid(rig)).reloads, before.reloads)
  })

  await rig.step(
    'without control plane, nginx and edge start anew with what was pushed',
    async () => {
      await rig.bus.kill()
      await Promise.all(rig.masters.map(({ process }) => process.kill()))
      const { master, workers } = nginxOf(edge)
      for (const pid of [master, ...workers]) process.kill(pid, 'SIGKILL')
      await answeredBy(rig, 'pool.example.com', 'pool-2', { withinMs: 15_000 })
      await answeredBy(rig, 'steady.example.com', 'steady')

      await edge.process.stop()
      await edge.process.restart()
      await edgeListens(edge)
      await answeredBy(rig, 'pool.example.com', 'pool-2')
      await using visitor = Visitor.a(steady)
      await eventually('some visits', () => visitor.report().requests > 50, { withinMs: 10_000 })
      assertNothingLost(await visitor.leave())
    },
  )
})

async function nginxSaid(rig: Rig): Promise<{ readonly reloads: number; readonly pushes: number }> {
  const { leader } = await rig.leader()
  const [edge] = await leader.api.edges()
  assert.ok(edge)
  const { reloads, pushes = 0 } = edge.nginx
  return { reloads, pushes }
}
