/**
 * The leader dies, hangs, or is told to stop; the standby takes over, and a leader that wakes up later
 * changes nothing. Real: nats-server (one, and a cluster of three), two masters, one Docker Engine with
 * its agent, an edge with its nginx, and a visitor who must not notice any of it.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AuditPage, EventPage } from '@roadstead/shared/protocol/http-events.ts'
import { at } from '../rig/at.ts'
import { calm, eventually, throughout } from '../rig/eventually.ts'
import { answeredBy, assertNothingLost } from '../rig/expect.ts'
import { type Master, visitOf } from '../rig/parts.ts'
import { Rig } from '../rig/rig.ts'
import { Visitor } from '../rig/visitor.ts'

const label = (domain: string) => ({ labels: { 'roadstead.host': domain } })

/** The epoch that the edge runs on, as the edge itself reports it. */
async function epochInForce(rig: Rig): Promise<number> {
  const { leader } = await rig.leader()
  const edge = (await leader.api.edges()).find(({ id }) => id === rig.edge().id)
  return edge?.inForce?.epoch ?? 0
}

async function untilInForce(rig: Rig, epochMin: number, withinMs: number): Promise<void> {
  const what = `a table of epoch ${epochMin} is in force`
  await eventually(what, async () => (await epochInForce(rig)) >= epochMin, { withinMs })
}

/** What a master tells of what happened, and of who asked any of them for what. */
async function pastOf({ api }: Master): Promise<string> {
  const events = await api.get('/api/v1/events?limit=2000', EventPage)
  const audit = await api.get('/api/v1/events/audit', AuditPage)
  return JSON.stringify([events.items, audit.items])
}

test('the standby takes over, whatever becomes of the leader', async (t) => {
  await using rig = await Rig.start(t, { hosts: ['alpha'], masters: 2 })
  const { engine } = rig.host('alpha')
  await engine.run('web', label('web.example.com'))
  await answeredBy(rig, 'web.example.com', 'web')
  await using visitor = Visitor.a(visitOf(rig.edge(), 'web.example.com', { by: () => ['web'] }))

  await rig.step(
    'the leader is killed: the next table is in force within lease + 1 s',
    async () => {
      const { leader, epoch } = await rig.leader()
      const beganMs = performance.now()
      await leader.process.kill()
      await untilInForce(rig, epoch + 1, 10_000)
      const tookMs = performance.now() - beganMs
      t.diagnostic(`killed leader to table in force: ${tookMs.toFixed(0)} ms`)
      assert.ok(tookMs <= 3_500, `it took ${tookMs.toFixed(0)} ms`)
      await engine.run('after-kill', label('after-kill.example.com'))
      await answeredBy(rig, 'after-kill.example.com', 'after-kill')
      await leader.process.restart()
      await leaderIsKnownBy(rig)
    },
  )

  await rig.step('whichever master is asked tells the same of the past', async () => {
    const { leader } = await rig.leader()
    const standby = await rig.standby()
    await leader.api.drain({ container: 'alpha/after-kill' })
    const isSame = async (): Promise<boolean> => {
      const [one, other] = await Promise.all([pastOf(leader), pastOf(standby)])
      return one.includes('POST /api/v1/drain') && one === other
    }
    await eventually('both tell the same', isSame, { withinMs: 15_000 })
  })

  await rig.step('the leader is told to stop: the other leads at once', async () => {
    const { leader, epoch } = await rig.leader()
    const other = await rig.standby()
    const beganMs = performance.now()
    const stopped = leader.process.stop()
    await eventually('the standby leads', async () => (await other.api.leader()).epoch > epoch, {
      withinMs: 5_000,
    })
    const tookMs = performance.now() - beganMs
    t.diagnostic(`stopped leader to next leader: ${tookMs.toFixed(0)} ms`)
    assert.ok(tookMs <= 1_000, `it took ${tookMs.toFixed(0)} ms`)
    assert.equal((await stopped).code, 0)
    await leader.process.restart()
    await leaderIsKnownBy(rig)
  })

  await rig.step('the leader hangs and wakes up: its late word changes nothing', async () => {
    const { leader: zombie, epoch } = await rig.leader()
    const heir = await rig.standby()
    zombie.process.freeze()
    await eventually('the standby leads', async () => (await heir.api.leader()).epoch > epoch, {
      withinMs: 10_000,
    })
    await engine.run('meanwhile', label('meanwhile.example.com'))
    await answeredBy(rig, 'meanwhile.example.com', 'meanwhile')
    zombie.process.thaw()
    await throughout(
      'the new leader stays, and so does what it put in force',
      async () => {
        assert.ok((await heir.api.leader()).epoch > epoch)
        const edges = await heir.api.edges()
        assert.ok(edges.every(({ inForce }) => (inForce?.epoch ?? 0) > epoch))
      },
      calm(3_000),
    )
    await answeredBy(rig, 'meanwhile.example.com', 'meanwhile')
    await leaderIsKnownBy(rig)
    assert.ok((await zombie.api.leader()).epoch > epoch)
  })

  assertNothingLost(await visitor.leave(), 100)
})

test('a pair on three NATS servers loses one of them and then its leader', async (t) => {
  await using rig = await Rig.start(t, { hosts: ['alpha'], masters: 2, nats: 3 })
  const { engine } = rig.host('alpha')
  await engine.run('web', label('web.example.com'))
  await answeredBy(rig, 'web.example.com', 'web')
  await using visitor = Visitor.a(visitOf(rig.edge(), 'web.example.com', { by: () => ['web'] }))

  const server = at(rig.bus.servers, 0)
  await rig.step('a NATS server is killed: changes reach nginx all the same', async () => {
    await server.process.kill()
    await engine.run('one-less', label('one-less.example.com'))
    await answeredBy(rig, 'one-less.example.com', 'one-less', { withinMs: 30_000 })
  })

  await rig.step(
    'then the leader: the standby takes nothing away that it had not read',
    async () => {
      await using last = Visitor.a(visitOf(rig.edge(), 'one-less.example.com'))
      const { leader, epoch } = await rig.leader()
      await leader.process.kill()
      await untilInForce(rig, epoch + 1, 15_000)
      await server.process.restart()
      await server.listens()
      await leader.process.restart()
      await leaderIsKnownBy(rig)
      assertNothingLost(await last.leave())
    },
  )

  assertNothingLost(await visitor.leave(), 100)
})

/** Every master is up and knows who leads. */
async function leaderIsKnownBy(rig: Rig): Promise<void> {
  await eventually(
    'every master knows the leader',
    async () => {
      const views = await Promise.all(rig.masters.map(({ api }) => api.leader()))
      return new Set(views.map(({ instance }) => instance)).size === 1
    },
    { withinMs: 15_000 },
  )
}
