/**
 * An edge that uses an nginx which is there already, beside what its operator serves with it. Real: a
 * Docker Engine with its agent, nats-server, a master, and an nginx that the test itself starts, with
 * a main file and a server of its own.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { eventually } from '../rig/eventually.ts'
import { answeredBy, routeIs } from '../rig/expect.ts'
import { freePorts } from '../rig/free-ports.ts'
import { nginxOfAnOperator } from '../rig/operators-nginx.ts'
import { Rig } from '../rig/rig.ts'

const label = (domain: string) => ({ labels: { 'roadstead.host': domain } })
const SOON = { withinMs: 30_000 }

test('an nginx that is there already serves what containers ask for', async (t) => {
  await using stack = new AsyncDisposableStack()
  const started: Awaited<ReturnType<typeof nginxOfAnOperator>>['nginx'][] = []
  const edgeEnv = async (port: number) => {
    const { nginx, env } = await nginxOfAnOperator(port)
    started.push(stack.use(nginx))
    return env
  }
  const rig = stack.use(await Rig.start(t, { hosts: ['alpha'], edgeEnv }))
  const [nginx] = started
  assert.ok(nginx !== undefined)
  const { engine } = rig.host('alpha')
  const { leader } = await rig.leader()

  await rig.step('a container is served beside what the operator has', async () => {
    await engine.run('web', label('web.example.com'))
    await answeredBy(rig, 'web.example.com', 'web')
    assert.equal((await nginx.get('his.test')).body, 'his own')
  })

  await rig.step('the API says that it is attached, and how texts are tested', async () => {
    const [edge] = await leader.api.edges()
    assert.deepEqual(edge?.attached, { way: 'host', include: 'zz-roadstead.conf' })
    assert.equal(edge.tier, 'reload')
  })

  await rig.step('a name that the operator has himself is told', async () => {
    await engine.run('twin', label('his.test'))
    await eventually(
      'the name is told',
      async () => (await leader.api.edges())[0]?.attached?.conflicts?.includes('his.test') === true,
      SOON,
    )
    await engine.remove('twin')
  })

  await rig.step('TCP and UDP are not available there, with the reason', async () => {
    const [listen = 0] = await freePorts(1)
    await engine.run('db', { labels: { 'roadstead.tcp.db.listen': String(listen) } })
    await routeIs(rig, `tcp:${listen}`, 'quarantined')
    assert.match((await leader.api.edges())[0]?.streamsReason ?? '', /outside of http/)
  })

  await rig.step('stopped by its operator: told, and served again once he starts it', async () => {
    await nginx.end()
    await eventually(
      'it is told',
      async () => (await leader.api.edges())[0]?.nginx.running === false,
      SOON,
    )
    await engine.run('next', label('next.example.com'))
    await nginx.begin()
    await answeredBy(rig, 'next.example.com', 'next')
    await answeredBy(rig, 'web.example.com', 'web')
  })

  await rig.step('an edge that is asked to stop leaves it serving', async () => {
    await rig.edge().process.stop()
    assert.match((await nginx.get('web.example.com')).body, /^web /)
  })
})
