/**
 * One agent watches the engines of three hosts: its own over the socket, one over TCP with both
 * certificates, one over SSH. Real: three Docker Engines in the networks of their hosts, sshd and the
 * system's ssh, nats-server, two masters, an edge with its nginx, the command line that enrols them.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { watchAll, watchedHere, watchedOverSsh, watchedOverTls } from '../rig/agentless.ts'
import { eventually } from '../rig/eventually.ts'
import { answeredBy, answeredByAll, answeredByNobody } from '../rig/expect.ts'
import { visitOf } from '../rig/parts.ts'
import { Rig } from '../rig/rig.ts'
import { Visitor } from '../rig/visitor.ts'

const SOON = { withinMs: 20_000 }
const asks = (domain: string) => ({ labels: { 'roadstead.host': domain } })
const pooled = { labels: { 'roadstead.host': 'pool.example.com', 'roadstead.service': 'pool' } }

test('one agent watches engines on other hosts, and none of them harms another', async (t) => {
  await using rig = await Rig.start(t, { hosts: [], masters: 2 })
  const alpha = await watchedHere(rig, 'alpha')
  const beta = await watchedOverTls(rig, 'beta')
  const gamma = await watchedOverSsh(rig, 'gamma')
  const { agent } = await watchAll(rig, [alpha, beta, gamma], alpha.lan)
  const { leader } = await rig.leader()
  const hostOf = async (name: string) =>
    (await leader.api.hosts()).find((host) => host.name === name)

  await rig.step('each is a host of its own, reached where its file says', async () => {
    const hosts = await leader.api.hosts()
    assert.equal(new Set(hosts.map(({ id }) => id)).size, 3)
    assert.deepEqual((await hostOf('beta'))?.facts.addresses, [beta.lan.address])
    assert.deepEqual((await hostOf('gamma'))?.facts.addresses, [gamma.lan.address])
    assert.ok((await hostOf('alpha'))?.facts.addresses.includes(alpha.lan.address))
  })

  await rig.step('containers of all of them answer for one service', async () => {
    await alpha.engine.run('pool-a', pooled)
    await beta.engine.run('pool-b', pooled)
    await gamma.engine.run('pool-c', pooled)
    await answeredByAll(rig, 'pool.example.com', ['pool-a', 'pool-b', 'pool-c'])
  })

  await rig.step('a stop on a host elsewhere costs its visitors nothing', async () => {
    await using visitor = Visitor.a(visitOf(rig.edge(), 'pool.example.com'))
    await gamma.engine.container('pool-c').stop({ t: 5 })
    await beta.engine.container('pool-b').stop({ t: 5 })
    const { failures } = await visitor.leave()
    assert.deepEqual(failures, {})
    await gamma.engine.container('pool-c').start()
    await beta.engine.container('pool-b').start()
    await answeredByAll(rig, 'pool.example.com', ['pool-a', 'pool-b', 'pool-c'])
  })

  await rig.step('a port that is not published is explained, not guessed at', async () => {
    await beta.engine.run('inside', { ...asks('inside.example.com'), publish: false })
    await eventually(
      'it is said that no edge has a way there',
      async () => {
        const containers = await leader.api.containers()
        const inside = containers.find(({ name }) => name === 'inside')
        if (inside?.verdicts.some(({ reason }) => reason === 'no-address') === true) return true
        throw new Error(JSON.stringify(inside?.verdicts))
      },
      SOON,
    )
    await answeredByNobody(rig, 'inside.example.com')
  })

  for (const hung of [beta, gamma]) {
    const other = hung === beta ? gamma : beta
    const title = `an engine that hangs (${hung.name}) keeps what it had; others go on`
    await rig.step(title, async () => {
      hung.engine.process.freeze()
      try {
        const said = await eventually(
          'it is said that it does not answer, and why',
          async () => {
            const host = await hostOf(hung.name)
            return host?.engineProblem === undefined ? undefined : host
          },
          SOON,
        )
        assert.equal(said.engineState, 'unreachable')
        assert.equal(said.presence, 'present')
        for (const [index, host] of [alpha, other].entries()) {
          const name = `beside-${hung.name}-${index}`
          await host.engine.run(name, asks(`${name}.example.com`))
          await answeredBy(rig, `${name}.example.com`, name)
          await host.engine.remove(name)
          await answeredByNobody(rig, `${name}.example.com`)
        }
        await answeredByAll(rig, 'pool.example.com', ['pool-a', 'pool-b', 'pool-c'])
      } finally {
        hung.engine.process.thaw()
      }
      await eventually(
        'it answers again',
        async () => {
          const view = await hostOf(hung.name)
          return view?.engineState === 'answering' && view.engineProblem === undefined
        },
        { withinMs: 40_000 },
      )
      await hung.engine.run(`back-${hung.name}`, asks(`back-${hung.name}.example.com`))
      await answeredBy(rig, `back-${hung.name}.example.com`, `back-${hung.name}`)
    })
  }

  await rig.step(
    'a cable that is pulled is noticed, and what happened meanwhile is caught up',
    async () => {
      await gamma.lan.unplug()
      try {
        await eventually(
          'it is said that it does not answer',
          async () => (await hostOf('gamma'))?.engineState === 'unreachable',
          SOON,
        )
        await gamma.engine.remove('back-gamma')
      } finally {
        await gamma.lan.plugBack()
      }
      await answeredByNobody(rig, 'back-gamma.example.com', { withinMs: 60_000 })
      await answeredByAll(rig, 'pool.example.com', ['pool-a', 'pool-b', 'pool-c'], SOON)
    },
  )

  await rig.step('a restart by the leader reaches a host elsewhere', async () => {
    const before = await beta.engine.container('pool-b').inspect()
    const reply = await leader.api.restart('beta/pool-b')
    assert.ok(reply !== undefined)
    await eventually(
      'it has started again',
      async () =>
        (await beta.engine.container('pool-b').inspect()).State.StartedAt !==
        before.State.StartedAt,
      SOON,
    )
    await answeredByAll(rig, 'pool.example.com', ['pool-a', 'pool-b', 'pool-c'], SOON)
  })

  await rig.step('an agent that is killed comes back to all of them', async () => {
    await agent.restart()
    for (const host of [alpha, beta, gamma]) {
      const name = `after-${host.name}`
      await host.engine.run(name, asks(`${name}.example.com`))
      await answeredBy(rig, `${name}.example.com`, name, { withinMs: 30_000 })
    }
  })
})
