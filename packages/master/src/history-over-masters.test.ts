import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { eventually } from '../../../test/rig/eventually.ts'
import { exampleGone, exampleSeen } from './core/examples.ts'
import type { Master } from './master.ts'
import {
  EDGE,
  epochOf,
  SOON,
  startAgent,
  startEdge,
  startMaster,
  startNats,
  web,
} from './testing/federation.ts'

async function folderOfTest() {
  const path = await mkdtemp(join(tmpdir(), 'roadstead-past-'))
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) }
}

/** What the log of a master says that others may say, too: by key, without when it was stored. */
function commonRows(path: string): string[] {
  const db = new DatabaseSync(path, { readOnly: true })
  try {
    return db
      .prepare(
        `SELECT t.stream, t.kind, t.key, c.incarnation, c.seq, c.body FROM change c
         JOIN thing t ON t.id = c.thing WHERE t.stream != 'master'
         ORDER BY t.stream, t.kind, t.key, c.incarnation, c.seq`,
      )
      .all()
      .map((row) => JSON.stringify(row))
  } finally {
    db.close()
  }
}

async function whatOf(master: Master, container: string): Promise<string[]> {
  const { items } = await master.past.changes({
    container,
    kinds: ['container', 'verdict'],
    limit: 99,
  })
  return items.map(({ what }) => what)
}

async function toldBy(masters: readonly Master[], story: readonly string[]): Promise<void> {
  for (const master of masters) {
    const isTold = async () => (await whatOf(master, 'c2')).join() === story.join()
    await eventually(`it is noted: ${story.join()}`, isTold, SOON)
  }
}

test('a standby keeps the same history and has it when it takes over; a restart adds nothing', async () => {
  await using nats = await startNats()
  await using folder = await folderOfTest()
  const [one, two] = [join(folder.path, 'one.db'), join(folder.path, 'two.db')]
  await using edge = startEdge(nats)
  await using agent = startAgent(nats)
  await using lives = new AsyncDisposableStack()
  const leader = lives.use(await startMaster(nats, 'm1', undefined, undefined, one))
  await eventually('it leads', () => epochOf(leader) === 1, SOON)
  await using standby = await startMaster(nats, 'm2', undefined, undefined, two)
  await agent.snapshot([web(1), web(2)])
  await edge.report()
  await eventually('two endpoints', () => edge.endpoints() === 2, SOON)
  // Looks at what became of routes are a quarter of a second apart.
  await toldBy([leader, standby], ['container found', 'routed'])
  const stopped = { ...web(2), state: 'exited', exitCode: 137 } as const
  const said = exampleSeen(agent.next(), stopped)
  await agent.say(said)
  await agent.say(said)
  await eventually('one endpoint', () => edge.endpoints() === 1, SOON)
  // The agent's clock stands still at 1970: by time, all that it says is before any verdict.
  const story = ['container found', 'container changed', 'routed', 'not routed']
  await toldBy([leader, standby], story)

  await lives.disposeAsync()
  await eventually('the standby leads', () => epochOf(standby) === 2, SOON)
  await agent.say(exampleGone(agent.next(), web(2).id))
  await eventually('it is gone', () => standby.read.containers().length === 1, SOON)

  const before = commonRows(one)
  await using again = await startMaster(nats, 'm1', undefined, undefined, one)
  for (const master of [standby, again]) {
    await eventually(
      'what it missed is noted',
      async () => (await whatOf(master, web(2).id)).includes('container gone'),
      SOON,
    )
  }
  await eventually(
    'both say the same',
    () => JSON.stringify(commonRows(one)) === JSON.stringify(commonRows(two)),
    SOON,
  )
  const after = commonRows(one)
  assert.equal(new Set(after).size, after.length)
  assert.ok(
    before.every((row) => after.includes(row)),
    'nothing that was noted has changed',
  )
  const decisions = await standby.past.changes({ kinds: ['decision'], limit: 99 })
  const [claim] = decisions.items.filter(({ what }) => what === 'claim granted')
  assert.equal(claim?.cause, 'the leader judged so')
  const { items } = await standby.past.changes({ kinds: ['leader'], limit: 99 })
  assert.ok(items.some(({ what }) => what === 'leader changed'))
  const gap = await again.past.explainAt('c1', again.outside.clock.wallMs())
  assert.equal(gap?.routed, true)
  assert.equal(edge.manifest()?.edge, EDGE)
})
