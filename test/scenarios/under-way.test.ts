/**
 * A request that takes seconds is under way when its container is restarted, stopped or drained. Real: a
 * Docker Engine with its agent and the socket that it offers, nats-server, a master, an edge with its
 * nginx, once of each tier. These containers end where they stand when they are told to stop, so nobody but
 * Roadstead can save the request.
 */
import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'
import Docker from 'dockerode'
import { runEnded } from '../chaos/proof.ts'
import { eventually } from '../rig/eventually.ts'
import { answeredBy } from '../rig/expect.ts'
import { visitOf } from '../rig/parts.ts'
import { Rig } from '../rig/rig.ts'
import { type Report, Visitor } from '../rig/visitor.ts'

const WORK_MS = 3_000
/** So long an agent holds a stop: longer than a request of `WORK_MS`, shorter than the endless one. */
const LIMIT_S = 5
const ENDLESS_MS = 8_000

for (const tier of ['live', 'reload'] as const) {
  test(`what is under way ends before its container does, ${tier} tier`, async (t) => {
    await using rig = await Rig.start(t, { hosts: ['alpha'], tier, drainLimitS: LIMIT_S })
    const { leader } = await rig.leader()
    const engine = new Docker({ socketPath: rig.host('alpha').drainSocket })
    const stop = (name: string): Promise<unknown> => engine.getContainer(name).stop()

    const ended = async ({ id }: { readonly id: string }): Promise<void> => {
      const run = await runEnded(rig, id)
      assert.equal(run.state, 'done', JSON.stringify(run.log))
    }
    const restart = async (name: string) => ended(await leader.api.restart(`alpha/${name}`))
    const drain = async (name: string) =>
      ended(await leader.api.drain({ container: `alpha/${name}` }))

    await rig.step('restart, docker stop and drain wait for it', async () => {
      const waited = await Promise.all([
        actsOn(rig, 'one', WORK_MS, restart),
        actsOn(rig, 'two', WORK_MS, stop),
        actsOn(rig, 'three', WORK_MS, drain),
      ])
      for (const { name, report, afterMs } of waited) {
        assert.deepEqual(report.failures, {}, name)
        assert.ok(afterMs > 0, `${name}: ended ${-afterMs} ms before the request`)
      }
      await answeredBy(rig, 'one.example.com', 'one')
    })

    // By reloads only connections can be told apart, and one that lasts five seconds counts as upgraded.
    if (tier === 'reload') return
    await rig.step('a stop is passed on at the limit, and the run says so', async () => {
      const { report } = await actsOn(rig, 'four', ENDLESS_MS, stop)
      const { failures, slowestMs } = report
      t.diagnostic(`passed on after ${slowestMs} ms`)
      assert.equal(Object.keys(failures).length, 1)
      assert.ok(slowestMs > WORK_MS && slowestMs < ENDLESS_MS, `it lasted ${slowestMs} ms`)
      await eventually(
        'the run says that it was touched too early',
        async () => {
          const run = (await leader.api.runs()).find(({ target }) => target === 'alpha/four')
          if (run?.log.some(({ text }) => /although|waits no longer/.test(text))) return true
          throw new Error(JSON.stringify(run?.log))
        },
        { withinMs: 5_000 },
      )
    })
  })
}

interface Acted {
  readonly name: string
  /** What became of the one request. */
  readonly report: Report
  /** How long after the end of the request the action ended. */
  readonly afterMs: number
}

/** Acts on a container that is certainly at work on one request. */
async function actsOn(
  rig: Rig,
  name: string,
  workMs: number,
  act: (name: string) => Promise<unknown>,
): Promise<Acted> {
  const books = rig.folder.folder(`books-${name}`)
  const domain = `${name}.example.com`
  const clerk = { books, stop: 'at-once' } as const
  await rig.host('alpha').engine.run(name, { labels: { 'roadstead.host': domain }, clerk })
  await answeredBy(rig, domain, name)
  const visit = visitOf(rig.edge(), domain, { path: `/?ms=${workMs}` })
  await using visitor = Visitor.b(visit, { atOnce: 1, posts: true })
  // The clerk notes what it was asked before it begins with the work.
  const isNoted = (): boolean => existsSync(path.join(books, `${name}.ids`))
  await eventually(`${name} is at work`, isNoted, { withinMs: workMs / 2 })
  const timed = async <It>(what: Promise<It>) => ({ it: await what, endMs: performance.now() })
  const [request, action] = await Promise.all([timed(visitor.leave()), timed(act(name))])
  const afterMs = Math.round(action.endMs - request.endMs)
  return { name, report: request.it, afterMs }
}
