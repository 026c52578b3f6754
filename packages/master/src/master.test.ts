import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Decision } from '@roadstead/shared/protocol/decision.ts'
import { connectRaw } from '../../../test/rig/admin.ts'
import { eventually } from '../../../test/rig/eventually.ts'
import { exampleGone, exampleSeen } from './core/examples.ts'
import {
  epochOf,
  HOST,
  SOON,
  startAgent,
  startEdge,
  startMaster,
  startNats,
  startPair,
  web,
} from './testing/federation.ts'
import { deaf } from './testing/hears.ts'

test('a container that can serve is in the table of the edge, and one that is gone is not', async () => {
  await using nats = await startNats()
  await using master = await startMaster(nats, 'm1')
  await using edge = startEdge(nats)
  await using agent = startAgent(nats)
  await agent.snapshot([web(1)])
  await edge.report()
  await eventually('one endpoint', () => edge.endpoints() === 1, SOON)

  await agent.say(exampleSeen(agent.next(), web(2)))
  await eventually('two endpoints', () => edge.endpoints() === 2, SOON)
  await agent.say(exampleGone(agent.next(), web(1).id))
  await eventually('one is left', () => edge.endpoints() === 1, SOON)
  assert.equal(edge.manifest()?.epoch, 1)
  assert.equal(master.read.routes()[0]?.state, 'routed')
  await eventually('the claim is written', () => master.state.graph.claims.size === 1, SOON)
})

test('a standby derives the same, takes over, and writes the same table in its own epoch', async () => {
  await using nats = await startNats()
  await using pair = await startPair(nats)
  const { edge, leader, standby } = pair
  assert.equal(standby.leadership.state().kind, 'standby')
  const before = edge.manifest()

  await leader[Symbol.asyncDispose]()
  await eventually('the standby leads', () => epochOf(standby) === 2, SOON)
  await eventually('its table is out', () => edge.manifest()?.epoch === 2, SOON)
  assert.deepEqual(edge.manifest()?.slices, before?.slices)
  assert.doesNotMatch(await standby.metrics.text(), /shadow_differences_total [1-9]/)
})

test('a master that starts anew removes nothing of hosts that have not spoken yet', async () => {
  await using nats = await startNats()
  await using edge = startEdge(nats)
  {
    await using agent = startAgent(nats)
    await using _first = await startMaster(nats, 'm1')
    await agent.snapshot([web(1), web(2)])
    await edge.report()
    await eventually('two endpoints', () => edge.endpoints() === 2, SOON)
  }
  // What the host said is lost with the streams that had it; the table is not.
  await using second = await startMaster(nats, 'm2', deaf)
  await eventually('its table is out', () => edge.manifest()?.epoch === 2, SOON)
  assert.equal(second.state.graph.hosts.size, 0)
  assert.equal(edge.endpoints(), 2)
  assert.equal(edge.manifest()?.witnesses.length, 0)
})

test('a host that says something else than what arrived is asked for a snapshot', async () => {
  await using nats = await startNats()
  await using master = await startMaster(nats, 'm1')
  await using agent = startAgent(nats)
  await agent.snapshot([web(1)])
  await eventually('one container', () => master.read.containers().length === 1, SOON)
  const commands = agent.serve()
  // Two statements of which the first is lost on its way.
  agent.next()
  await agent.say(exampleSeen(agent.next(), web(3)))
  await eventually('a resync', () => (agent.beat([web(1)]), commands.has('resync')), SOON)
  assert.match(await master.metrics.text(), /agent_sequence_gaps_total\{host="h1"\} 1/)
})

test('decisions that the control stream lost are written again from memory', async () => {
  await using nats = await startNats()
  await using master = await startMaster(nats, 'm1')
  await eventually('leads', () => master.leadership.state().kind === 'leader', SOON)
  const drain: Decision = { kind: 'drain', host: HOST, by: 'me', why: 'test', since: 'now' }
  await master.pen.write([{ key: 'd.drain.h1.all', decision: drain }])
  assert.equal(master.state.graph.decisions.size, 1)
  await nats.wipe()
  await eventually('a new epoch', () => epochOf(master) > 1, { withinMs: 30_000 })
  await eventually('written again', () => master.position.hasSeen('d.drain.h1.all'), SOON)
})

test('messages that make no sense are counted, kept and harm nobody', async () => {
  await using nats = await startNats()
  await using master = await startMaster(nats, 'm1')
  await using agent = startAgent(nats)
  await using raw = await connectRaw(nats.admin)
  raw.client()?.publish(`rs.v1.evt.${nats.site}.h1.container.seen`, '{"not":"an event"}')
  await agent.snapshot([web(1)])
  await eventually('the good one is folded', () => master.read.hosts().length === 1, SOON)
  await eventually('the bad one is kept', () => master.rejects.total === 1, SOON)
  assert.equal(master.rejects.last()[0]?.stream, 'events')
  assert.match(
    master.read
      .status()
      .warnings.map(({ what }) => what)
      .join(),
    /1 messages/,
  )
})
