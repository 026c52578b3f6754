/**
 * An edge whose nginx has no Lua module applies changes by reloads, chosen by itself, and says so. Real: a
 * Docker Engine with its agent, nats-server, a master, an edge; its nginx sees no modules,
 * because a script hides their folder from it.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { answeredBy, routeIs } from '../rig/expect.ts'
import { freePorts } from '../rig/free-ports.ts'
import { nginxOf } from '../rig/nginx-processes.ts'
import { Rig } from '../rig/rig.ts'

const label = (domain: string) => ({ labels: { 'roadstead.host': domain } })
const nginx = fileURLToPath(new URL('../rig/without-lua.sh', import.meta.url))

test('without the module an edge works by reloads', async (t) => {
  await using rig = await Rig.start(t, { hosts: ['alpha'], nginx })
  const { engine } = rig.host('alpha')
  const { leader } = await rig.leader()

  await rig.step('changes reach visitors, with a reload each', async () => {
    const before = nginxOf(rig.edge()).workers
    await engine.run('web', label('web.example.com'))
    await answeredBy(rig, 'web.example.com', 'web')
    const now = nginxOf(rig.edge()).workers
    assert.ok(now.some((pid) => !before.includes(pid)))
  })

  await rig.step('the API says which tier it is, and why', async () => {
    const [edge] = await leader.api.edges()
    assert.equal(edge?.tier, 'reload')
    assert.match(edge.tierReason, /lua/i)
  })

  await rig.step('nor does it serve TCP and UDP, which costs nothing else', async () => {
    const [listen = 0] = await freePorts(1)
    await engine.run('db', { labels: { 'roadstead.tcp.db.listen': String(listen) } })
    await routeIs(rig, `tcp:${listen}`, 'quarantined')
    await engine.run('next', label('next.example.com'))
    await answeredBy(rig, 'next.example.com', 'next')
    const [edge] = await leader.api.edges()
    const reason = 'nginx has no stream module: apt-get install libnginx-mod-stream'
    assert.equal(edge?.streamsReason, reason)
    assert.equal(edge.quarantined[0]?.reason, reason)
  })
})
