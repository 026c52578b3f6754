import assert from 'node:assert/strict'
import { test } from 'node:test'
import { LetGoRequest, type RunId } from '@roadstead/shared/protocol/run.ts'
import { eventually } from '../../../test/rig/eventually.ts'
import { exampleGone, exampleSeen } from './core/examples.ts'
import {
  epochOf,
  HOST,
  reportQuiet,
  SOON,
  startNats,
  startPair,
  web,
} from './testing/federation.ts'
import type { Master } from './master.ts'

function runOf(master: Master, id: RunId) {
  return master.read.runs().find((run) => run.id === id)
}

test('a restart that one leader began is finished by the next, and commanded once', async () => {
  await using nats = await startNats()
  await using pair = await startPair(nats)
  const { agent, edge, leader, standby } = pair
  const { promise: isToRestart, resolve: restartNow } = Promise.withResolvers<void>()
  let commands = 0
  const verbs = agent.serve(async ({ container, verb }) => {
    assert.equal(verb, 'restart')
    assert.equal(container, web(1).id)
    commands += 1
    await isToRestart
  })

  const begun = await leader.office.begin({ verb: 'restart', container: 'c1', why: '' }, 'me')
  await eventually('it is out', () => edge.endpoints() === 1, SOON)
  assert.equal(commands, 0, 'no edge is quiet yet')
  await reportQuiet(edge)
  await eventually('it is commanded', () => verbs.has('restart'), SOON)
  await leader[Symbol.asyncDispose]()
  await eventually('the standby leads', () => epochOf(standby) === 2, SOON)

  restartNow()
  await agent.say(exampleSeen(agent.next(), { ...web(1), startedAt: '2026-02-01T00:00:00Z' }))
  const run = await eventually(
    'the run ends',
    () => {
      const known = runOf(standby, begun.id)
      return known?.state === 'running' ? undefined : known
    },
    SOON,
  )
  assert.equal(run.state, 'done', JSON.stringify(run.log))
  assert.equal(commands, 1)
  await eventually('two endpoints again', () => edge.endpoints() === 2, SOON)
  const told = () => standby.events.after(0, 100).map(({ what }) => what)
  await eventually('people are told', () => told().includes('restart done'), SOON)
})

test('an agent that asks hears when its container is quiet, and whose turn it is', async () => {
  await using nats = await startNats()
  await using pair = await startPair(nats)
  const { agent, edge, leader } = pair
  const ask = (number: number, phase: 'ask' | 'over' = 'ask') =>
    agent.ask(
      LetGoRequest.parse({
        v: 1,
        hold: `${number}`.padStart(16, '0'),
        host: HOST,
        container: web(number).id,
        action: 'remove',
        phase,
        leftMs: 20_000,
        gaveUp: false,
      }),
    )
  const [first, second] = await Promise.all([ask(1), ask(2)])
  assert.equal(first.kind, 'wait')
  assert.equal(second.kind, 'wait')
  await eventually('one of them is out', () => edge.endpoints() === 1, SOON)
  await reportQuiet(edge)
  await eventually('it may go', async () => (await ask(1)).kind === 'go', SOON)
  assert.match(JSON.stringify(await ask(2)), /waits until h1\/c1 is replaced/)

  await agent.say(exampleGone(agent.next(), web(1).id))
  assert.deepEqual(await ask(1, 'over'), { kind: 'go', why: 'noted' })
  await agent.say(exampleSeen(agent.next(), web(3)))
  await eventually(
    'the other one may go',
    async () => {
      await reportQuiet(edge)
      return (await ask(2)).kind === 'go'
    },
    SOON,
  )
  assert.equal(edge.endpoints(), 1)
  assert.deepEqual(await ask(9), { kind: 'go', why: 'not-routed' })
  assert.equal(leader.read.runs().length, 2)
})
