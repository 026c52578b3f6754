/**
 * Containers that die again and again and are started again by their engine. Real: a Docker Engine with its
 * agent, nats-server, a master, two edges with their nginx, one of each tier, and visitors of another
 * domain, who must not notice.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { eventually } from '../rig/eventually.ts'
import { answeredBy, assertNothingLost } from '../rig/expect.ts'
import { visitOf } from '../rig/parts.ts'
import { Rig } from '../rig/rig.ts'
import { Visitor } from '../rig/visitor.ts'

const pool = { 'roadstead.host': 'pool.example.com', 'roadstead.service': 'pool' }
const crashing = { crashAfterS: 1, restart: 'always' } as const
const EDGES = [0, 1] as const
const RELOAD_EDGE = 'edge-2'
/** An engine doubles its pause between two starts. */
const RESTARTS_MS_MAX = 20_000
/** It comes, and it goes. */
const CHANGES_PER_LIFE = 2
/** A change that was under way when the count began, and one when it ended. */
const RELOADS_SPARE = 2

test('crash loops cost neither other visitors nor nginx more than they may', async (t) => {
  const options = { hosts: ['alpha'], edges: 2, tier: ['live', 'reload'] } as const
  await using rig = await Rig.start(t, options)
  const { engine } = rig.host('alpha')
  const { leader } = await rig.leader()
  await engine.run('calm', { labels: { 'roadstead.host': 'calm.example.com' } })
  await engine.run('steady', { labels: pool })
  for (const edge of EDGES) {
    await answeredBy(rig, 'calm.example.com', 'calm', { edge })
    await answeredBy(rig, 'pool.example.com', 'steady', { edge })
  }
  const visitOfCalm = (edge: number) => visitOf(rig.edge(edge), 'calm.example.com')
  await using live = Visitor.b(visitOfCalm(0))
  await using reload = Visitor.a(visitOfCalm(1))
  const reloads = async (): Promise<number> => {
    const edge = (await leader.api.edges()).find(({ id }) => id === RELOAD_EDGE)
    assert.ok(edge)
    return edge.nginx.reloads
  }
  const restarted = async (name: string, times: number): Promise<void> => {
    const count = async () => (await engine.container(name).inspect()).RestartCount
    const target = (await count()) + times
    await eventually(`${name} crashed ${times} times`, async () => (await count()) >= target, {
      withinMs: RESTARTS_MS_MAX,
    })
  }

  await rig.step('beside another one: it is left out, and then nothing changes', async () => {
    await engine.run('shaky', { labels: pool, ...crashing })
    await eventually(
      'it is known to flap',
      async () => {
        const shaky = (await leader.api.containers()).find(({ name }) => name === 'shaky')
        return shaky?.verdicts.some(({ reason }) => reason === 'flapping')
      },
      { withinMs: RESTARTS_MS_MAX },
    )
    for (const edge of EDGES) await answeredBy(rig, 'pool.example.com', 'steady', { edge })
    const before = await reloads()
    const visitors = EDGES.map((edge) => Visitor.a(visitOf(rig.edge(edge), 'pool.example.com')))
    await restarted('shaky', 2)
    for (const visitor of visitors) assertNothingLost(await visitor.leave())
    assert.ok((await reloads()) - before <= 1, `${(await reloads()) - before} reloads`)
    await engine.remove('shaky')
  })

  await rig.step('alone: each life costs two reloads at most', async () => {
    const before = await reloads()
    await engine.run('lonely', { labels: { 'roadstead.host': 'lonely.example.com' }, ...crashing })
    const lives = 4
    await restarted('lonely', lives)
    const count = (await reloads()) - before
    t.diagnostic(`${lives} crashes: ${count} reloads`)
    assert.ok(count > 0, 'nobody noticed')
    assert.ok(count <= CHANGES_PER_LIFE * (lives + 1) + RELOADS_SPARE, `${count} reloads`)
  })

  assertNothingLost(await live.leave(), 100)
  assertNothingLost(await reload.leave(), 100)
})
