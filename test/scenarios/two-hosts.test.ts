/**
 * A second host joins by a token, and the two share a service. Real: two Docker Engines, each in the
 * network of its own host with its own agent, the command line that makes the token and joins, one
 * nats-server whose users grow, two masters, an edge with its nginx.
 */
import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'
import { eventually } from '../rig/eventually.ts'
import { answeredBy, answeredByAll, routeIs } from '../rig/expect.ts'
import { startAgent, startCli, visitOf } from '../rig/parts.ts'
import { Rig } from '../rig/rig.ts'
import { VISITS_AT_ONCE, Visitor } from '../rig/visitor.ts'

const pooled = { labels: { 'roadstead.host': 'pool.example.com', 'roadstead.service': 'pool' } }

test('a second host joins by a token and shares the load', async (t) => {
  await using rig = await Rig.start(t, { hosts: ['alpha'], masters: 2 })
  const { leader } = await rig.leader()
  const alpha = rig.host('alpha')
  const beta = await rig.addHost('beta')

  await rig.step('a token made by the command line brings it in', async () => {
    const server = { ROADSTEAD_SERVER: leader.api.url, ROADSTEAD_TOKEN: rig.token }
    const make = ['token', 'create', '--role', 'agent', '--ttl', '10m', '--uses', '1', '-o', 'json']
    const making = startCli(rig.folder, 'cli-token', make, server)
    assert.equal((await making.finished).code, 0, making.tail())
    const { token } = JSON.parse(making.lines().join('\n')) as { token: string }
    const tokenFile = path.join(rig.folder.path, 'join.token')
    writeFileSync(tokenFile, `${token}\n`, { mode: 0o600 })

    const stateDir = rig.folder.folder('agent-beta')
    const join = ['join', leader.api.url, '--token-file', tokenFile, '--name', 'beta']
    const env = { ROADSTEAD_STATE_DIR: stateDir }
    const joining = startCli(rig.folder, 'cli-join', [...join, '--no-start'], env)
    assert.equal((await joining.finished).code, 0, joining.tail())
    const it = { name: 'agent-beta', stateDir, socket: beta.engine.socket }
    const agent = startAgent(rig.folder, it, beta.lan)
    const id = await eventually(
      'the host is known in full',
      async () =>
        (await leader.api.hosts()).find((host) => host.name === 'beta' && host.synced)?.id,
      { withinMs: 15_000 },
    )
    rig.hosts.push({ name: 'beta', id, agent, drainSocket: '', ...beta })
  })

  await rig.step('containers of both hosts answer for one service', async () => {
    await alpha.engine.run('pool-a', pooled)
    await beta.engine.run('pool-b', pooled)
    await answeredByAll(rig, 'pool.example.com', ['pool-a', 'pool-b'])
  })

  await rig.step('a name that is held stays with its holder, and the API names both', async () => {
    const at = (service: string) => ({
      labels: { 'roadstead.host': 'held.example.com', 'roadstead.service': service },
    })
    await beta.engine.run('holder', at('first'))
    await answeredBy(rig, 'held.example.com', 'holder')
    await alpha.engine.run('thief', at('second'))
    const refused = await eventually(
      'the second is told why',
      async () => {
        const containers = await leader.api.containers()
        const thief = containers.find((it) => it.name === 'thief')
        return thief?.verdicts.find(({ reason }) => reason === 'conflict-held')
      },
      { withinMs: 15_000 },
    )
    assert.match(JSON.stringify(refused.details), /first/)
    assert.match(JSON.stringify(refused.details), /holder/)
    await answeredBy(rig, 'held.example.com', 'holder')
    const route = await routeIs(rig, 'held.example.com', 'routed')
    assert.equal(route.service, 'first')
  })

  await rig.step(
    'a host that is unplugged costs no more than what was under way to it',
    async () => {
      await using visitor = Visitor.a(visitOf(rig.edge(), 'pool.example.com'))
      await beta.lan.unplug()
      await eventually(
        'the edge leaves its endpoint out',
        async () =>
          (await leader.api.edges()).some(({ checks }) => checks.some((it) => it.leftOut)),
        { withinMs: 20_000 },
      )
      await beta.lan.plugBack()
      await answeredByAll(rig, 'pool.example.com', ['pool-a', 'pool-b'], { withinMs: 20_000 })
      // What was under way to the host at that moment cannot be taken back: one request a visit at most.
      const { failures, requests } = await visitor.leave()
      const { 'no answer': caught = 0, ...others } = failures
      assert.deepEqual(others, {})
      assert.ok(caught <= VISITS_AT_ONCE, `${caught} of ${requests} requests got no answer`)
    },
  )
})
