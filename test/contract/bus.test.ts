import { MemoryBus } from '@roadstead/bus/memory/memory-bus.ts'
import { connectAgentBus } from '@roadstead/bus/nats/agent-bus.ts'
import { connectEdgeBus } from '@roadstead/bus/nats/edge-bus.ts'
import { ask } from '@roadstead/bus/nats/jetstream.ts'
import { connectMasterBus } from '@roadstead/bus/nats/master-bus.ts'
import type { Link } from '@roadstead/bus/ports.ts'
import { systemClock as clock } from '@roadstead/shared/kernel/clock.ts'
import { EdgeId, HostId, MasterId } from '@roadstead/shared/kernel/ids.ts'
import { silentLog as log } from '@roadstead/shared/kernel/log.ts'
import { systemRandom as random } from '@roadstead/shared/kernel/random.ts'
import { connectRaw } from '../rig/admin.ts'
import { eventually } from '../rig/eventually.ts'
import { NatsRig } from '../rig/nats.ts'
import { FaultProxy } from '../rig/fault-proxy.ts'
import { busContract, type BusUnderTest, contractOf, site } from './bus.contract.ts'
import { controlContract } from './bus-control.contract.ts'
import { pastContract } from './bus-past.contract.ts'
import { questionsContract } from './bus-questions.contract.ts'

for (const body of [contractOf('memory', async () => onMemory()), contractOf('NATS', onNats)]) {
  busContract(body)
  controlContract(body)
  questionsContract(body)
  pastContract(body)
}

function onMemory(): BusUnderTest {
  const bus = new MemoryBus(site, { clock, random })
  return {
    agent: async (id) => bus.agent(id),
    master: async (id) => bus.master(MasterId.parse(id)),
    edge: async () => bus.edge(EdgeId.parse('e1')),
    inject: async (subject, text) => {
      const stream = STREAM_BY_TOPIC.find(([topic]) => subject.startsWith(topic))?.[1]
      if (stream !== undefined) bus.append(stream, subject, { text, deleted: false })
      else bus.network.publish(undefined, subject, text)
    },
    cut: (id) => {
      bus.connect(`agent ${id}`, false)
      clock.after(CUT_MS, () => bus.connect(`agent ${id}`, true))
    },
    wipe: async () => bus.wipe(),
    [Symbol.asyncDispose]: async () => undefined,
  }
}

/** A moment without the connection. */
const STREAM_BY_TOPIC = [
  ['rs.v1.evt.', 'EVT'],
  ['rs.v1.fact.', 'FACT'],
] as const
const CUT_MS = 100

const USERS = [
  { role: 'agent', id: 'h1' },
  { role: 'agent', id: 'h2' },
  { role: 'master', id: 'm1' },
  { role: 'master', id: 'm2' },
  { role: 'edge', id: 'e1' },
] as const

async function onNats(): Promise<BusUnderTest> {
  await using made = new AsyncDisposableStack()
  const nats = made.use(await NatsRig.start({ users: USERS }))
  const { hostname: host, port } = new URL(nats.url)
  const wire = made.use(await FaultProxy.to({ host, port: Number(port) }))
  const natsUrl = `nats://127.0.0.1:${wire.port}`
  const common = { site, clock, random, log }
  const all = made.move()
  return {
    agent: async (id) => {
      const host = HostId.parse(id)
      const user = { ...nats.user('agent', id), natsUrl }
      return connected(connectAgentBus({ ...user, ...common, id: host }))
    },
    master: async (id) => {
      const master = MasterId.parse(id)
      return connected(connectMasterBus({ ...nats.user('master', id), ...common, id: master }))
    },
    edge: async () => {
      const edge = EdgeId.parse('e1')
      return connected(connectEdgeBus({ ...nats.user('edge', 'e1'), ...common, id: edge }))
    },
    inject: async (subject, text) => {
      await using admin = await connectRaw(nats.admin)
      const client = admin.client()
      client?.publish(subject, text)
      await client?.flush()
    },
    cut: () => wire.reset(),
    wipe: async () => {
      await using admin = await connectRaw(nats.admin)
      const client = admin.client()
      for (const name of client === undefined ? [] : ['EVT', 'SNAP', 'FACT', 'EDGE', 'KV_CTL']) {
        if (client) await ask(client, `$JS.API.STREAM.DELETE.${name}`, undefined)
      }
      await nats.provision()
    },
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  }
}

async function connected<Bus extends { readonly link: Link }>(bus: Bus): Promise<Bus> {
  await eventually('connected', () => bus.link.connected(), { withinMs: 15_000 })
  return bus
}
