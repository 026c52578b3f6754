/**
 * Containers ask for ports of the edges, and visitors of these ports reach them by TCP and UDP. Real: a
 * Docker Engine with its agent, nats-server, a master, an edge with its nginx and its stream module, in
 * both tiers; sockets of the test are the visitors.
 */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { test } from 'node:test'
import { eventually } from '../rig/eventually.ts'
import { answeredBy, assertNothingLost, routeIs } from '../rig/expect.ts'
import { freePorts } from '../rig/free-ports.ts'
import { visitOf } from '../rig/parts.ts'
import { Rig } from '../rig/rig.ts'
import { heardFrom, heardFromAll } from '../rig/streams.ts'
import { Visitor } from '../rig/visitor.ts'

for (const tier of ['live', 'reload'] as const) {
  test(`ports with connections and datagrams, ${tier} tier`, async (t) => {
    await using rig = await Rig.start(t, { hosts: ['alpha'], tier })
    const { engine } = rig.host('alpha')
    const [tcp = 0, udp = 0, taken = 0, entry = 0] = await freePorts(4)
    const db = (listen: number, service = 'db') => ({
      echo: 'tcp' as const,
      labels: { 'roadstead.tcp.db.listen': String(listen), 'roadstead.service': service },
    })
    await engine.run('web', { labels: { 'roadstead.host': 'web.example.com' } })
    await answeredBy(rig, 'web.example.com', 'web')
    await using visitor = Visitor.a(visitOf(rig.edge(), 'web.example.com', { by: () => ['web'] }))

    await rig.step('containers of one service answer at its port in turn', async () => {
      await engine.run('db-1', db(tcp))
      await heardFrom('tcp', tcp, 'db-1')
      await engine.run('db-2', db(tcp))
      await heardFromAll('tcp', tcp, ['db-1', 'db-2'])
      const { service, endpoints } = await routeIs(rig, `tcp:${tcp}`, 'routed')
      assert.deepEqual([service, endpoints.length], ['db', 2])
    })

    await rig.step('where one stops, the next connection goes to the other', async () => {
      await engine.container('db-1').stop()
      await heardFrom('tcp', tcp, 'db-2')
      await engine.container('db-1').start()
      await heardFromAll('tcp', tcp, ['db-1', 'db-2'])
    })

    await rig.step('datagrams come and go', async () => {
      const labels = { 'roadstead.udp.dns.listen': String(udp), 'roadstead.udp.dns.responses': '1' }
      await engine.run('dns', { echo: 'udp', labels })
      await heardFrom('udp', udp, 'dns')
      await routeIs(rig, `udp:${udp}`, 'routed')
    })

    await rig.step('a router of Traefik comes as soon as its entry point has a port', async () => {
      const labels = {
        'traefik.tcp.routers.old.rule': 'HostSNI(`*`)',
        'traefik.tcp.routers.old.entrypoints': 'postgres',
      }
      await engine.run('old', { echo: 'tcp', labels })
      const { leader } = await rig.leader()
      await eventually(
        'the container is told what is missing',
        async () => {
          const all = await leader.api.containers()
          const verdict = all.find(({ name }) => name === 'old')?.verdicts[0]
          return verdict?.reason === 'entry-point-unknown'
        },
        { withinMs: 10_000 },
      )
      const text = `dialects:\n  entry-points: { postgres: ${entry} }\n`
      await leader.api.call('PUT', '/api/v1/policy', { text })
      await heardFrom('tcp', entry, 'old')
      const { service } = await routeIs(rig, `tcp:${entry}`, 'routed')
      assert.equal(service, 'old')
    })

    await rig.step('another service does not get the port, and is told who has it', async () => {
      await engine.run('thief', db(tcp, 'thief'))
      const { leader } = await rig.leader()
      const verdict = await eventually(
        'the thief is answered',
        async () => {
          const all = await leader.api.containers()
          const verdicts = all.find(({ name }) => name === 'thief')?.verdicts
          return verdicts?.find(({ reason }) => reason === 'conflict-held')
        },
        { withinMs: 10_000 },
      )
      assert.equal(verdict.details['held'], 'db')
      await heardFromAll('tcp', tcp, ['db-1', 'db-2'])
    })

    await rig.step('a port that somebody else has on the machine costs itself alone', async () => {
      const blocker = createServer((socket) => socket.destroy()).listen(taken, '0.0.0.0')
      await using _blocked = { [Symbol.asyncDispose]: async () => void blocker.close() }
      await once(blocker, 'listening')
      await engine.run('late', db(taken, 'late'))
      await routeIs(rig, `tcp:${taken}`, 'quarantined')
      const { leader } = await rig.leader()
      const [edge] = await leader.api.edges()
      const reason = `tcp port ${taken} is taken by another process on this machine`
      assert.equal(edge?.quarantined[0]?.reason, reason)
      await heardFromAll('tcp', tcp, ['db-1', 'db-2'])
      await heardFrom('udp', udp, 'dns')
      await engine.run('next', { labels: { 'roadstead.host': 'next.example.com' } })
      await answeredBy(rig, 'next.example.com', 'next')

      blocker.close()
      await heardFrom('tcp', taken, 'late')
      await routeIs(rig, `tcp:${taken}`, 'routed')
    })

    assertNothingLost(await visitor.leave())
  })
}
