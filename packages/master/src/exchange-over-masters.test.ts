import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { inboxPrefixOf } from '@roadstead/bus/permissions.ts'
import { connectRaw } from '../../../test/rig/admin.ts'
import { eventually } from '../../../test/rig/eventually.ts'
import { exampleGone } from './core/examples.ts'
import { directHistory } from './io/history/history.ts'
import type { Master } from './master.ts'
import {
  epochOf,
  SOON,
  startAgent,
  startEdge,
  startMaster,
  startNats,
  web,
} from './testing/federation.ts'
import { notesAbout } from './testing/notes.ts'

async function folderOfTest() {
  const path = await mkdtemp(join(tmpdir(), 'roadstead-exchange-'))
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) }
}

/** All that a master tells of the past, page by page. */
async function allChanges(master: Master) {
  const first = await master.past.changes({ limit: PAGE })
  const [atMs = 0, seq = 0, hash = 0] = (first.next ?? '0.0.0').split('.').map(Number)
  const before = { atMs, seq, hash }
  const older = await master.past.changes({ limit: PAGE, before })
  return { pages: [first, older], lines: [...older.items, ...first.items] }
}

async function told(master: Master): Promise<string> {
  const { items } = await master.past.audit({ limit: 99 })
  return JSON.stringify([(await allChanges(master)).lines, items])
}

const OLD_ROWS = 600
/** So that it takes several. */
const PAGE = 400

/** A log that reaches back further than any stream. */
async function oldLog(path: string): Promise<void> {
  const history = directHistory(path, 'before')
  await history.open({ nowMs: 1 })
  await history.write({ notes: notesAbout(7, OLD_ROWS), nowMs: 4_000_000 })
  await history.close({ nowMs: 4_000_000 })
}

const asked = (who: string, master: string) =>
  ({
    who,
    via: 'token',
    from: '192.0.2.1',
    asked: 'POST /api/v1/drain',
    about: {},
    outcome: 'done',
    status: 200,
    tookMs: 1,
    master,
  }) as const

test('whichever master is asked tells the same of the past, also of what only the other heard', async () => {
  await using nats = await startNats()
  await using folder = await folderOfTest()
  const [one, two] = [join(folder.path, 'one.db'), join(folder.path, 'two.db')]
  await oldLog(one)
  await using edge = startEdge(nats)
  await using agent = startAgent(nats)
  await using lives = new AsyncDisposableStack()
  const leader = lives.use(await startMaster(nats, 'm1', undefined, undefined, one))
  await eventually('it leads', () => epochOf(leader) === 1, SOON)
  const standby = await startMaster(nats, 'm2', undefined, undefined, two)
  await using _standby = standby
  await agent.snapshot([web(1), web(2)])
  await edge.report()
  await eventually('two endpoints', () => edge.endpoints() === 2, SOON)
  await agent.say(exampleGone(agent.next(), web(2).id))
  leader.notes.asked(asked('ann', 'm1'))
  standby.notes.asked(asked('bob', 'm2'))

  const isSame = async (): Promise<boolean> => {
    const [mine, theirs] = await Promise.all([told(leader), told(standby)])
    const isAll = ['ann', 'bob', 'c1', 'routed'].every((word) => mine.includes(`"${word}"`))
    return mine === theirs && isAll
  }
  await eventually('both tell the same', isSame, { withinMs: 20_000 })
  const [mine, theirs] = await Promise.all([allChanges(leader), allChanges(standby)])
  assert.ok(mine.lines.length > OLD_ROWS)
  assert.deepEqual(mine.pages[0]?.next, theirs.pages[0]?.next, 'pages go on at either')
  assert.equal(standby.past.status().begins, leader.past.status().begins)
  const routed = theirs.lines.filter(({ what }) => what === 'routed')
  assert.equal(routed.length, new Set(routed.map(({ subject }) => subject)).size, 'told once')

  // What only the first one knew outlives it.
  await lives.disposeAsync()
  await eventually('the standby leads', () => epochOf(standby) === 2, SOON)
  await rm(one)
  for (const end of ['-wal', '-shm']) await rm(one + end, { force: true })
  await using again = await startMaster(nats, 'm1', undefined, undefined, one)
  const isBack = async (): Promise<boolean> => (await told(again)) === (await told(standby))
  await eventually('a new log has all of it', isBack, { withinMs: 20_000 })
  assert.ok((await allChanges(again)).lines.length > OLD_ROWS)
})

test('a peer that answers with rubbish costs nothing, and is forgotten when it makes sense', async () => {
  await using nats = await startNats()
  await using folder = await folderOfTest()
  const path = join(folder.path, 'one.db')
  await using agent = startAgent(nats)
  await using leader = await startMaster(nats, 'm1', undefined, undefined, path)
  await eventually('it leads', () => epochOf(leader) === 1, SOON)
  let rubbish = 0
  {
    await using raw = await connectRaw(nats.user('master', 'm2'), inboxPrefixOf('master', 'm2'))
    using _answers = raw.subscribe('rs.v1.past.s1.*', (message) => {
      rubbish += 1
      message.respond('{"v":1,"master":"m2","told":{"kind":"rows","changes":[{}],"audit":[]}}')
    })
    await agent.snapshot([web(1)])
    await eventually('it was asked, more than once', () => rubbish > 1, SOON)
    await eventually('it works all the same', () => leader.read.containers().length === 1, SOON)
  }
  await using other = await startMaster(nats, 'm2')
  other.notes.asked(asked('bob', 'm2'))
  const isHeard = async (): Promise<boolean> =>
    (await leader.past.audit({ limit: 9 })).items.some(({ who }) => who === 'bob')
  await eventually('what the other was asked is here', isHeard, { withinMs: 15_000 })
})
