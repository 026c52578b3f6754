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
import { busContract, type BusUnderTest, site } from './bus.contract.ts'

busContract('memory', async () => onMemory())
busContract('NATS', onNats)

function onMemory(): BusUnderTest {
  const bus = new MemoryBus(site, { clock, random })
  return {
    agent: async (id) => bus.agent(id),
    master: async (id) => bus.master(MasterId.parse(id)),
    edge: async () => bus.edge(EdgeId.parse('e1')),
    inject: async (subject, text) => {
      bus.append('EVT', subject, { text, deleted: false })
    },
    wipe: async () => bus.wipe(),
    [Symbol.asyncDispose]: async () => undefined,
  }
}

const USERS = [
  { role: 'agent', id: 'h1' },
  { role: 'agent', id: 'h2' },
  { role: 'master', id: 'm1' },
  { role: 'master', id: 'm2' },
  { role: 'edge', id: 'e1' },
] as const

async function onNats(): Promise<BusUnderTest> {
  const nats = await NatsRig.start({ users: USERS })
  const common = { site, clock, random, log }
  return {
    agent: async (id) => {
      const host = HostId.parse(id)
      return connected(connectAgentBus({ ...nats.user('agent', id), ...common, id: host }))
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
    wipe: async () => {
      await using admin = await connectRaw(nats.admin)
      const client = admin.client()
      for (const name of client === undefined ? [] : ['EVT', 'SNAP', 'EDGE', 'KV_CTL']) {
        if (client) await ask(client, `$JS.API.STREAM.DELETE.${name}`, undefined)
      }
      await nats.provision()
    },
    [Symbol.asyncDispose]: () => nats[Symbol.asyncDispose](),
  }
}

async function connected<Bus extends { readonly link: Link }>(bus: Bus): Promise<Bus> {
  await eventually('connected', () => bus.link.connected(), { withinMs: 5_000 })
  return bus
}
