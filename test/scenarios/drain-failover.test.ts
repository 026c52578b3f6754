/**
 * A stop is held when the control plane goes away. Real: a Docker Engine with its agent and the socket that
 * it offers, nats-server, two masters, an edge with its nginx, visitor B with POSTs, and a request that
 * takes longer than another leader does to lead. The containers end where they stand when they are told to
 * stop, so a stop that goes on too early costs that request.
 */
import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'
import Docker from 'dockerode'
import type { RunView } from '@roadstead/shared/protocol/http.ts'
import { runEnded } from '../chaos/proof.ts'
import { eventually } from '../rig/eventually.ts'
import { answeredByAll, assertNothingLost } from '../rig/expect.ts'
import { visitOf } from '../rig/parts.ts'
import { Rig } from '../rig/rig.ts'
import { Visitor } from '../rig/visitor.ts'

/** Longer than silence is borne: whoever forgets the request, or counts from anew, is seen. */
const WORK_MS = 9_000
/** As long as an agent bears silence, and what that may come to on a busy machine. */
const SILENCE_MS = { least: 4_500, most: 8_000 }
const LATE_MS_MAX = 5_000
/** On a busy machine; a request that is over by then shows in what follows. */
const SOON = { withinMs: 6_000 }

test('a stop that is held outlives leader and bus, and no silence holds it for ever', async (t) => {
  const options = { hosts: ['alpha'], masters: 2, tier: 'live', drainLimitS: 20 } as const
  await using rig = await Rig.start(t, options)
  const { engine, drainSocket } = rig.host('alpha')
  const docker = new Docker({ socketPath: drainSocket })

  /** Two replicas; one of them is stopped in the middle of a request, while the other takes visitors. */
  const stopAmid = async (name: string, amid: (run: RunView) => Promise<unknown>) => {
    const domain = `${name}.example.com`
    const labels = { 'roadstead.host': domain, 'roadstead.service': name }
    const books = rig.folder.folder(`books-${name}`)
    const clerk = { books, stop: 'at-once' } as const
    const both = [`${name}-1`, `${name}-2`]
    for (const one of both) await engine.run(one, { labels, clerk })
    await answeredByAll(rig, domain, both)
    const slow = visitOf(rig.edge(), domain, { path: `/?ms=${WORK_MS}` })
    await using request = Visitor.b(slow, { atOnce: 1, posts: true })
    const isAtWork = (one: string): boolean => existsSync(path.join(books, `${one}.ids`))
    const busy = await eventually('one is at work', () => both.find(isAtWork), SOON)
    await using b = Visitor.b(visitOf(rig.edge(), domain), { atOnce: 10, posts: true })
    const asked = request.leave()
    const stopping = docker.getContainer(busy).stop()
    const run = await drainOf(rig, busy)
    await amid(run)
    const { failures } = await asked
    const answeredMs = performance.now()
    await stopping
    const stopMs = performance.now() - answeredMs
    assert.deepEqual(failures, {}, 'the request under way was lost')
    assert.ok(stopMs > 0 && stopMs < LATE_MS_MAX, `stopped ${stopMs} ms after its last answer`)
    // Whoever is not replaced would be waited for.
    await engine.container(busy).start()
    const ended = await runEnded(rig, run.id)
    assert.doesNotMatch(JSON.stringify(ended.log), /waits no longer|although/)
    assertNothingLost(await b.leave(), 100)
    return ended
  }

  await rig.step('the leader is killed: the next one goes on with the same hold', async () => {
    const { leader, epoch } = await rig.leader()
    const ended = await stopAmid('heir', async () => {
      await leader.process.kill()
      const isNext = async (): Promise<boolean> => (await rig.leader()).epoch > epoch
      await eventually('another one leads', isNext, { withinMs: 10_000 })
    })
    const heir = await rig.leader()
    const runs = (await heir.leader.api.runs()).filter(({ target }) => target === ended.target)
    assert.equal(runs.length, 1, JSON.stringify(runs))
    await leader.process.restart()
  })

  await rig.step('the bus starts again: the hold outlives it', async () => {
    await stopAmid('bus', async () => {
      await rig.bus.kill()
      await rig.bus.restart()
    })
  })

  await rig.step('without any master it goes on after a while, and that is said', async () => {
    const labels = { 'roadstead.host': 'orphan.example.com', 'roadstead.service': 'orphan' }
    await engine.run('orphan-1', { labels, stopAfterS: 0 })
    await answeredByAll(rig, 'orphan.example.com', ['orphan-1'])
    await Promise.all(rig.masters.map(({ process }) => process.kill()))
    const beganMs = performance.now()
    await docker.getContainer('orphan-1').stop()
    const tookMs = Math.round(performance.now() - beganMs)
    t.diagnostic(`without any master a stop is held for ${tookMs} ms`)
    assert.ok(tookMs > SILENCE_MS.least && tookMs < SILENCE_MS.most, `it took ${tookMs} ms`)
    const said = rig.host('alpha').agent.lines().join('\n')
    assert.match(said, /no-leader.*container not let go, passed on/)
  })
})

/** The run that takes this container out, once it has. */
async function drainOf(rig: Rig, name: string): Promise<RunView> {
  return eventually(
    `${name} is being drained`,
    async () => {
      const { leader } = await rig.leader()
      const run = (await leader.api.runs()).find(({ target }) => target === `alpha/${name}`)
      return run?.members[0]?.phase === 'draining' ? run : undefined
    },
    SOON,
  )
}
