import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Doubts } from '@roadstead/bus/doubts.ts'
import { connectAgentBus } from '@roadstead/bus/nats/agent-bus.ts'
import { connectEdgeBus } from '@roadstead/bus/nats/edge-bus.ts'
import { connectMasterBus } from '@roadstead/bus/nats/master-bus.ts'
import { signWith } from '@roadstead/bus/nkey.ts'
import type { AgentBus, MasterBus } from '@roadstead/bus/ports.ts'
import { sha256 } from '@roadstead/bus/sha256.ts'
import { Bell } from '@roadstead/shared/kernel/bell.ts'
import { systemClock as clock } from '@roadstead/shared/kernel/clock.ts'
import { EdgeId, HostId, InstanceId, MasterId, type SiteId } from '@roadstead/shared/kernel/ids.ts'
import { silentLog as log } from '@roadstead/shared/kernel/log.ts'
import { systemRandom as random } from '@roadstead/shared/kernel/random.ts'
import { Supervisor } from '@roadstead/shared/kernel/supervisor.ts'
import type { Container } from '@roadstead/shared/protocol/container.ts'
import type { Decision } from '@roadstead/shared/protocol/decision.ts'
import type { EdgeStatus } from '@roadstead/shared/protocol/edge-status.ts'
import {
  ContainerView,
  EdgeView,
  EventView,
  Explanation,
  GraphView,
  HostView,
  LeaderView,
  listOf,
  RouteView,
  ServiceView,
  StatusView,
} from '@roadstead/shared/protocol/http.ts'
import type { EventEnvelope, Observation } from '@roadstead/shared/protocol/observation.ts'
import { containerHash, stateHash } from '@roadstead/shared/protocol/state-hash.ts'
import { TableManifest, TableSlice } from '@roadstead/shared/protocol/table.ts'
import { eventually } from '../../../test/rig/eventually.ts'
import { connectRaw } from '../../../test/rig/admin.ts'
import { NatsRig } from '../../../test/rig/nats.ts'
import {
  exampleContainer,
  exampleGone,
  exampleSeen,
  exampleSnapshot,
  exampleStamp,
} from './core/examples.ts'
import { apiDepsOf } from './api-deps.ts'
import { buildApi } from './api/build-api.ts'
import { newCommandId } from './io/machine.ts'
import { createMaster, type Master } from './master.ts'
import { recallDecisions } from './loops/remember.ts'
import { runLoops } from './run-loops.ts'

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
  await using edge = startEdge(nats)
  await using agent = startAgent(nats)
  await using leader = await startMaster(nats, 'm1')
  await eventually('it leads', () => epochOf(leader) === 1, SOON)
  await using standby = await startMaster(nats, 'm2')
  await agent.snapshot([web(1), web(2)])
  await edge.report()
  await eventually('two endpoints', () => edge.endpoints() === 2, SOON)
  await eventually('the standby has them too', () => standby.read.containers().length === 2, SOON)
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

