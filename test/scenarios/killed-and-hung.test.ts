/**
 * Every part is killed and hung in turn, and comes back. A visitor of a service with an endpoint on
 * each of two hosts watches all the while; after each blow a new container must reach visitors. Real:
 * two Docker Engines with their agents, nats-server, two masters, an edge with its nginx.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type HostView, StatusView } from '@roadstead/shared/protocol/http.ts'
import { calm, eventually } from '../rig/eventually.ts'
import { answeredBy, answeredByAll, assertNothingLost } from '../rig/expect.ts'
import { at } from '../rig/at.ts'
import { nginxOf } from '../rig/nginx-processes.ts'
import { type Host, visitOf } from '../rig/parts.ts'
import { Rig } from '../rig/rig.ts'
import { Visitor } from '../rig/visitor.ts'

const pooled = { labels: { 'roadstead.host': 'pool.example.com', 'roadstead.service': 'pool' } }
/** Longer than a lease; for parts whose silence nobody has to act on. */
const HUNG_MS = 3_000
/** Silence is noticed after 15 s at the latest; twice that is a failure. */
const NOTICED_MS_MAX = 30_000
/** Who was in the queue of a worker at the moment in which it closed its sockets. */
const RESET_MAX = 4

test('no part that dies or hangs takes a route with it (I13)', async (t) => {
  await using rig = await Rig.start(t, { hosts: ['alpha', 'beta'], masters: 2 })
  const { engine, agent } = rig.host('alpha')
  await engine.run('pool-a', pooled)
  await rig.host('beta').engine.run('pool-b', pooled)
  await answeredByAll(rig, 'pool.example.com', ['pool-a', 'pool-b'])
  const blows = new Blows(rig)
  const alpha = async (): Promise<HostView> => {
    const hosts = await at(rig.masters, 0).api.hosts()
    const found = hosts.find(({ id }) => id === rig.host('alpha').id)
    assert.ok(found)
    return found
  }

  await rig.step('agent killed', () =>
    blows.unnoticed(
      () => agent.kill(),
      () => agent.restart(),
    ),
  )
  await rig.step('agent hung: its host is stale', () =>
    blows.hung(agent, async () => (await alpha()).presence === 'stale'),
  )

  await rig.step('engine killed', () =>
    blows.unnoticed(
      () => engine.kill(),
      () => engine.restart(),
    ),
  )
  await rig.step('engine hung: its agent says so', () =>
    blows.hung(engine.process, async () => (await alpha()).engineState === 'unreachable'),
  )

  await rig.step('NATS killed', () =>
    blows.unnoticed(
      () => rig.bus.kill(),
      () => rig.bus.restart(),
    ),
  )
  await rig.step('NATS hung: the masters say so', () =>
    blows.hung(at(rig.bus.servers, 0).process, async () => {
      const { nats } = await at(rig.masters, 0).api.get('/api/v1/status', StatusView)
      return !nats.connected
    }),
  )

  await rig.step('leader killed', async () => {
    const { leader } = await rig.leader()
    await blows.unnoticed(
      () => leader.process.kill(),
      () => leader.process.restart(),
    )
  })
  await rig.step('leader hung: the other one leads', async () => {
    const { leader, epoch } = await rig.leader()
    const standby = await rig.standby()
    await blows.hung(leader.process, async () => (await standby.api.leader()).epoch > epoch)
  })
  await rig.step('standby hung', async () =>
    blows.hung((await rig.standby()).process, calm(HUNG_MS)),
  )

  const edge = rig.edge()
  await rig.step('edge hung: it no longer reports', () =>
    blows.hung(edge.process, async () => {
      const [view] = await at(rig.masters, 0).api.edges()
      return view?.reporting === false
    }),
  )

  await rig.step('edge killed: nginx goes on, and the next edge takes it over', () =>
    blows.unnoticed(
      () => edge.process.kill(),
      () => edge.process.restart(),
    ),
  )

  await rig.step('nginx hung: its workers go on, and changes wait for it', async () => {
    const { master } = nginxOf(edge)
    await using visitor = blows.visitor()
    process.kill(master, 'SIGSTOP')
    try {
      await calm(HUNG_MS)()
    } finally {
      process.kill(master, 'SIGCONT')
    }
    assertNothingLost(await visitor.leave())
    await blows.somethingNew()
  })

  await rig.step('nginx killed, workers and all: the edge brings it back', async () => {
    const { master, workers } = nginxOf(edge)
    for (const pid of [master, ...workers]) process.kill(pid, 'SIGKILL')
    await answeredByAll(rig, 'pool.example.com', ['pool-a', 'pool-b'], { withinMs: 15_000 })
    await blows.somethingNew()
  })

  await rig.step(
    'the master process of nginx killed alone: its workers serve until another one listens',
    async () => {
      const { master } = nginxOf(edge)
      await using visitor = blows.visitor()
      process.kill(master, 'SIGKILL')
      await eventually('another runs', () => nginxOf(edge).master !== master, { withinMs: 20_000 })
      await blows.somethingNew()
      // Who waited to be let in by an orphaned worker is reset when that one closes its sockets.
      const { failures } = await visitor.leave()
      const { ECONNRESET: reset = 0, ...others } = failures
      t.diagnostic(`without the master of nginx: ${reset} reset`)
      assert.deepEqual(others, {})
      assert.ok(reset <= RESET_MAX, `${reset} reset`)
    },
  )

  const { leader } = await rig.leader()
  assert.equal(
    (await leader.api.hosts()).filter(({ presence }) => presence === 'present').length,
    2,
  )
})

/** What a test does to a part, and what must be true meanwhile and afterwards. */
class Blows {
  readonly #rig: Rig
  #count = 0

  constructor(rig: Rig) {
    this.#rig = rig
  }

  visitor(): Visitor {
    const by = (): readonly string[] => ['pool-a', 'pool-b']
    return Visitor.a(visitOf(this.#rig.edge(), 'pool.example.com', { by }))
  }

  /** The visitor loses nothing, neither at the blow nor when the part comes back. */
  async unnoticed(blow: () => unknown, mend: () => unknown): Promise<void> {
    await using visitor = this.visitor()
    try {
      await blow()
      await calm(1_000)()
    } finally {
      // The steps that follow are about other parts.
      await mend()
    }
    await this.somethingNew()
    assertNothingLost(await visitor.leave())
  }

  /** Nobody visiting notices; whoever depends on the part does. */
  hung(
    part: { freeze(): void; thaw(): void },
    isNoticed: () => Promise<boolean | void>,
  ): Promise<void> {
    return this.unnoticed(
      async () => {
        part.freeze()
        const noticed = async (): Promise<boolean> => (await isNoticed()) !== false
        await eventually('somebody notices', noticed, { withinMs: NOTICED_MS_MAX })
      },
      () => part.thaw(),
    )
  }

  /** Both hosts and all between them and the visitor work again. */
  async somethingNew(): Promise<void> {
    const name = `new-${++this.#count}`
    const onOne = async ({ name: host, engine }: Host): Promise<void> => {
      const domain = `${name}-${host}.example.com`
      await engine.run(name, { labels: { 'roadstead.host': domain } })
      await answeredBy(this.#rig, domain, name, { withinMs: 25_000 })
      await engine.remove(name)
    }
    await Promise.all(this.#rig.hosts.map(onOne))
  }
}
