import assert from 'node:assert/strict'
import { test } from 'node:test'
import { silentLog } from '@roadstead/shared/kernel/log.ts'
import type { Log } from '@roadstead/shared/kernel/log.ts'
import { PastQuestion, type PastReply } from '@roadstead/shared/protocol/past.ts'
import { exchangeHistory } from './exchange-history.ts'
import { serveHistory } from './serve-history.ts'
import { historyCalls } from '../io/history/calls.ts'
import { History } from '../io/history/history.ts'
import { logOnTrial } from '../testing/exchanging.ts'
import { ManualClock } from '../testing/manual-clock.ts'
import { notesAbout } from '../testing/notes.ts'

type Answer = (question: PastQuestion) => string | undefined

const KEPT = { keepMs: 1e14, bytesMax: 2 ** 40 }

/** A master whose log is empty, and what it asks while its clock is turned by hand. */
async function setUp(answer: Answer) {
  const clock = new ManualClock()
  await clock.pass(10_000_000)
  const calls = historyCalls(':memory:', 'i-one')
  calls({ do: 'open', nowMs: 0 })
  const history = new History((call) => Promise.resolve(calls(call)))
  const { self } = logOnTrial('one')
  const asked: PastQuestion[] = []
  const told: string[] = []
  const link = { isUp: true, connected: () => link.isUp }
  const askPast = async (question: PastQuestion) => {
    asked.push(PastQuestion.parse(question))
    return answer(question)
  }
  const status: { state: 'written' | 'memory' } = { state: 'written' }
  const desk = { status, waiting: 0 }
  let fetched = 0
  const log: Log = { ...silentLog, warn: (_fields, message) => void told.push(message) }
  const stop = new AbortController()
  const count = (_key: string, _labels: unknown, by: number) => void (fetched += by)
  const deps = { ...KEPT, self, bus: { link, askPast }, history, desk, clock, log, count }
  const running = exchangeHistory(deps, stop.signal)
  return {
    asked,
    desk,
    link,
    told,
    fetched: () => fetched,
    /** As many looks as that, with all that each does. */
    looks: async (times: number) => {
      for (let look = 0; look < times; look += 1) {
        await clock.pass(0)
        await clock.pass(2_000)
        for (let step = 0; step < 40; step += 1) await clock.pass(5)
      }
    },
    [Symbol.asyncDispose]: async () => {
      stop.abort()
      await running
    },
  }
}

test('what a peer has is fetched at the start; later only what is recent is compared', async () => {
  using peer = logOnTrial('two')
  peer.write(notesAbout(1, 500))
  await using run = await setUp(({ ask, except }) =>
    except?.length === 1 ? undefined : peer.tell(ask),
  )
  await run.looks(1)
  assert.equal(run.fetched(), 500)
  assert.deepEqual(run.asked.at(-1)?.except, ['two'], 'is there anybody else?')
  run.asked.length = 0
  await run.looks(1)
  assert.deepEqual(
    run.asked.map(({ ask, to }) => [to, ask.kind]),
    [
      ['two', 'hello'],
      ['two', 'sums'],
      ['two', 'sums'],
    ],
  )
})

test('a row that this version cannot keep stops nothing, and is told of once', async () => {
  using peer = logOnTrial('two')
  peer.write(notesAbout(1, 500))
  await using run = await setUp(({ ask, except }) =>
    except?.length === 1 ? undefined : peer.tell(ask).replaceAll('"seq":7,', '"seq":"seven",'),
  )
  await run.looks(1)
  assert.equal(run.fetched(), 499)
  run.asked.length = 0
  await run.looks(1)
  assert.deepEqual(
    run.asked.map(({ ask }) => ask.kind),
    ['hello', 'sums', 'sums'],
    'not all of it again',
  )
  assert.equal(run.told.length, 1)
})

test('a peer that is silent midway is asked again, then left, and begun anew later', async () => {
  using peer = logOnTrial('two')
  peer.write(notesAbout(1, 500))
  let isSilent = true
  await using run = await setUp(({ ask, except }) => {
    const isMute = (isSilent && ask.kind === 'rows') || except?.length === 1
    return isMute ? undefined : peer.tell(ask)
  })
  await run.looks(1)
  assert.deepEqual(
    run.asked.slice(-4).map(({ ask }) => ask.kind),
    ['rows', 'rows', 'rows', 'hello'],
  )
  assert.equal(run.fetched(), 0)
  isSilent = false
  await run.looks(1)
  assert.equal(run.fetched(), 500)
})

test('nothing is asked while the bus is away or the disk takes nothing; nonsense is said once', async () => {
  const reply: PastReply = {
    v: 1,
    master: logOnTrial('two').self,
    told: { kind: 'sums', sums: [] },
  }
  await using run = await setUp(() => JSON.stringify(reply))
  run.link.isUp = false
  await run.looks(2)
  run.link.isUp = true
  run.desk.status.state = 'memory'
  await run.looks(2)
  assert.equal(run.asked.length, 0)
  run.desk.status.state = 'written'
  await run.looks(3)
  assert.equal(run.asked.length, 3)
  assert.equal(run.told.length, 1)
})

test('a master answers others, when it is meant, one at a time, and never itself', async () => {
  using log = logOnTrial('one')
  const [one, two] = [log.self, logOnTrial('two').self]
  let handle: (question: PastQuestion) => Promise<string | undefined> = async () => undefined
  const servePast = async (given: typeof handle) => void (handle = given)
  const release = Promise.withResolvers<void>()
  const tell = async () => {
    await release.promise
    return { did: 'tell', reply: 'told' } as const
  }
  const desk = { status: { state: 'written' } } as const
  const served = { self: one, bus: { servePast }, history: { tell }, desk, keepMs: 1 }
  await serveHistory({ ...served, clock: new ManualClock() }, new AbortController().signal)
  const question = { v: 1, master: two, ask: { kind: 'hello' } } as const
  assert.equal(await handle({ ...question, master: one }), undefined)
  assert.equal(await handle({ ...question, to: two }), undefined)
  assert.equal(await handle({ ...question, except: [one] }), undefined)
  const first = handle(question)
  assert.equal(await handle(question), undefined)
  release.resolve()
  assert.equal(await first, 'told')
  assert.equal(await handle({ ...question, to: one }), 'told')
})
