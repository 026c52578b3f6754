import assert from 'node:assert/strict'
import { test } from 'node:test'
import { connectAgentBus } from '@roadstead/bus/nats/agent-bus.ts'
import { connectEdgeBus } from '@roadstead/bus/nats/edge-bus.ts'
import { connectMasterBus } from '@roadstead/bus/nats/master-bus.ts'
import { signWith } from '@roadstead/bus/nkey.ts'
import type { AgentBus, MasterBus } from '@roadstead/bus/ports.ts'
import { sha256 } from '@roadstead/bus/sha256.ts'
import { systemClock as clock } from '@roadstead/shared/kernel/clock.ts'
import { EdgeId, HostId, InstanceId, MasterId, type SiteId } from '@roadstead/shared/kernel/ids.ts'
import { silentLog as log } from '@roadstead/shared/kernel/log.ts'
import { systemRandom as random } from '@roadstead/shared/kernel/random.ts'
import { Supervisor } from '@roadstead/shared/kernel/supervisor.ts'
import type { Container } from '@roadstead/shared/protocol/container.ts'
import type { Decision } from '@roadstead/shared/protocol/decision.ts'
import type { EdgeStatus } from '@roadstead/shared/protocol/edge-status.ts'
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
import { newCommandId } from './io/machine.ts'
import { createMaster, type Master } from './master.ts'
import { recallDecisions } from './loops/remember.ts'
import { untilAborted } from './loops/until-aborted.ts'
import { runLoops } from './run-loops.ts'

const HOST = HostId.parse('h1')
const EDGE = EdgeId.parse('e1')
const SOON = { withinMs: 10_000 }

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
  const first = await startMaster(nats, 'm1')
  await using second = await startMaster(nats, 'm2')
  await agent.snapshot([web(1), web(2)])
  await edge.report()
  await eventually('two endpoints', () => edge.endpoints() === 2, SOON)
  await eventually('the standby has them too', () => second.read.containers().length === 2, SOON)
  assert.equal(second.leadership.state().kind, 'standby')
  const before = edge.manifest()

  await first[Symbol.asyncDispose]()
  await eventually('the standby leads', () => second.leadership.state().kind === 'leader', SOON)
  await eventually('its table is out', () => edge.manifest()?.epoch === 2, SOON)
  assert.deepEqual(edge.manifest()?.slices, before?.slices)
  assert.doesNotMatch(await second.metrics.text(), /shadow_differences_total [1-9]/)
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

function web(number: number): Container {
  return exampleContainer(number, {
    labels: { 'roadstead.host': 'shop.example.com', 'roadstead.service': 'shop' },
  })
}

function epochOf(master: Master): number {
  const state = master.leadership.state()
  return state.kind === 'leader' ? state.epoch : 0
}

async function startNats() {
  return NatsRig.start({
    users: [
      { role: 'master', id: 'm1' },
      { role: 'master', id: 'm2' },
      { role: 'agent', id: HOST },
      { role: 'edge', id: EDGE },
    ],
  })
}

/** The bus of a master that finds the streams of the agents empty. */
function deaf(bus: MasterBus): MasterBus {
  async function* nothing(_first: unknown, signal: AbortSignal) {
    yield { kind: 'caught-up', seq: 0 } as const
    await untilAborted(signal)
  }
  return {
    link: bus.link,
    control: bus.control,
    followEvents: nothing,
    followSnapshots: (signal) => nothing(0, signal),
    followEdges: (signal) => bus.followEdges(signal),
    onHeartbeat: (listener) => bus.onHeartbeat(listener),
    command: (...words) => bus.command(...words),
    [Symbol.asyncDispose]: () => bus[Symbol.asyncDispose](),
  }
}

async function startMaster(
  nats: NatsRig,
  id: string,
  hears: (bus: MasterBus) => MasterBus = (bus) => bus,
): Promise<Master & AsyncDisposable> {
  const { natsUrl, seed, site } = nats.user('master', id)
  const stack = new AsyncDisposableStack()
  const master = MasterId.parse(id)
  const bus = stack.use(connectMasterBus({ natsUrl, seed, site, id: master, clock, random, log }))
  const memory = { epoch: 0, decisions: new Map<string, Decision>() }
  const instance = InstanceId.parse(`i-${newCommandId().slice(0, 8)}`)
  const self = { site, master, instance, version: '0.0.0', url: `http://${id}`, host: id, pid: 1 }
  const made = createMaster(self, {
    bus: hears(bus),
    epochFile: {
      read: async () => memory.epoch,
      write: async (epoch) => void (memory.epoch = epoch),
    },
    decisionFile: {
      read: async () => memory.decisions,
      write: async (decisions) => void (memory.decisions = new Map(decisions)),
    },
    sign: signWith(seed),
    newCommandId,
    clock,
    log,
  })
  await recallDecisions({ read: async () => memory.decisions }, made.state)
  runLoops(stack.use(new Supervisor(log)), made)
  return { ...made, [Symbol.asyncDispose]: () => stack.disposeAsync() }
}

function startAgent(nats: NatsRig) {
  const { natsUrl, seed, site } = nats.user('agent', HOST)
  const bus: AgentBus = connectAgentBus({ natsUrl, seed, site, id: HOST, clock, random, log })
  const stop = new AbortController()
  let seq = 0
  const next = () => exampleStamp(HOST, (seq += 1))
  const beat = (containers: readonly Container[]): void =>
    bus.beat({
      v: 1,
      stamp: exampleStamp(HOST, seq),
      stateHash: hashOf(containers),
      engine: 'answering',
      engineSince: '',
      spooled: 0,
      nonce: '0'.repeat(32),
      sentAtMs: Date.now(),
      stopping: false,
    })
  return {
    next,
    beat,
    say: (data: Observation) =>
      eventually(
        'the bus takes it',
        async () => (await bus.publishEvent(envelope(data, site))).kind === 'stored',
        SOON,
      ),
    snapshot: async (containers: readonly Container[]) => {
      const snapshot = exampleSnapshot(next(), containers, { stateHash: hashOf(containers) })
      const publish = async () => (await bus.publishSnapshot(snapshot)).kind === 'stored'
      await eventually('the bus takes it', publish, SOON)
      beat(containers)
    },
    serve: () => {
      const verbs = new Set<string>()
      void bus.serveCommands(async ({ body }) => {
        const { id, verb } = JSON.parse(body) as { id: string; verb: string }
        verbs.add(verb)
        return { kind: 'done', id, result: {} }
      }, stop.signal)
      return verbs
    },
    [Symbol.asyncDispose]: async () => {
      stop.abort()
      await bus[Symbol.asyncDispose]()
    },
  }
}

function hashOf(containers: readonly Container[]): string {
  const hashes = containers.map((each) => [each.id, containerHash(each, sha256)] as const)
  return stateHash(new Map(hashes), sha256)
}

function envelope(data: Observation, site: SiteId): EventEnvelope {
  const { boot, host, seq } = data.stamp
  return {
    specversion: '1.0',
    id: `${host}/${boot}/${seq}`,
    source: `rs/${site}/${host}`,
    type: `rs.${data.kind}.v1`,
    time: '2026-01-01T00:00:00Z',
    datacontenttype: 'application/json',
    site,
    data,
  }
}

function startEdge(nats: NatsRig) {
  const { natsUrl, seed, site } = nats.user('edge', EDGE)
  const bus = connectEdgeBus({ natsUrl, seed, site, id: EDGE, clock, random, log })
  const stop = new AbortController()
  let newest: TableManifest | undefined
  const following = (async () => {
    for await (const signed of bus.followManifests(EDGE, stop.signal)) {
      newest = TableManifest.parse(JSON.parse(signed.body))
    }
  })()
  return {
    manifest: () => newest,
    endpoints: () =>
      (newest?.inline ?? [])
        .map((text) => TableSlice.parse(JSON.parse(text)))
        .flatMap(({ services }) => services.flatMap(({ endpoints }) => endpoints)).length,
    report: () =>
      eventually(
        'the bus takes it',
        async () => (await bus.report(edgeStatus(site))).kind === 'stored',
        SOON,
      ),
    [Symbol.asyncDispose]: async () => {
      stop.abort()
      await bus[Symbol.asyncDispose]()
      await following
    },
  }
}

function edgeStatus(site: SiteId): EdgeStatus {
  return {
    v: 1,
    site,
    edge: EDGE,
    instance: InstanceId.parse('edge-life'),
    name: 'edge',
    host: HOST,
    addresses: ['192.0.2.10'],
    httpPort: 8080,
    epochMax: 0,
    outcome: { kind: 'none' },
    tier: 'reload',
    tierReason: '',
    nginx: { version: '1.22.1', running: true, reloads: 0, oldGenerations: 0 },
    quarantined: [],
    checks: [],
    sentAtMs: Date.now(),
  }
}
