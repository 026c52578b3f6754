/**
 * One event at a time over a real nats-server: publish → acknowledged, and publish → in the hands of
 * a master that follows the stream. Publisher, server and follower share this machine.
 */
import { connectAgentBus } from '@roadstead/bus/nats/agent-bus.ts'
import { connectMasterBus } from '@roadstead/bus/nats/master-bus.ts'
import type { AgentBus, MasterBus } from '@roadstead/bus/ports.ts'
import { systemClock as clock } from '@roadstead/shared/kernel/clock.ts'
import { HostId, MasterId } from '@roadstead/shared/kernel/ids.ts'
import { silentLog as log } from '@roadstead/shared/kernel/log.ts'
import { systemRandom as random } from '@roadstead/shared/kernel/random.ts'
import { EventEnvelope } from '@roadstead/shared/protocol/observation.ts'
import { eventually } from '../test/rig/eventually.ts'
import { NatsRig } from '../test/rig/nats.ts'
import { type BenchOptions, type BenchResult, summarise } from './bench.ts'

const SAMPLES = 2_000
const HOST = HostId.parse('h-bench')
const MASTER = MasterId.parse('m-bench')

export async function run({ samples = SAMPLES }: BenchOptions): Promise<readonly BenchResult[]> {
  const users = [
    { role: 'agent', id: HOST },
    { role: 'master', id: MASTER },
  ] as const
  await using rig = await NatsRig.start({ users })
  const shared = { site: rig.site, clock, random, log }
  await using agent = connectAgentBus({ ...shared, ...rig.user('agent', HOST), id: HOST })
  await using master = connectMasterBus({ ...shared, ...rig.user('master', MASTER), id: MASTER })
  await eventually('both are connected', () => agent.link.connected() && master.link.connected(), {
    withinMs: 10_000,
  })
  return await measure(agent, master, rig.site, samples)
}

async function measure(
  agent: AgentBus,
  master: MasterBus,
  site: string,
  count: number,
): Promise<readonly BenchResult[]> {
  const stop = new AbortController()
  const sentMs = new Map<string, number>()
  const deliveredMs: number[] = []
  const following = (async () => {
    for await (const delivery of master.followEvents(1, stop.signal)) {
      if (delivery.kind !== 'message') continue
      deliveredMs.push(performance.now() - (sentMs.get(delivery.value.id) ?? Number.NaN))
      if (deliveredMs.length === count) return
    }
  })()
  const ackedMs: number[] = []
  for (let seq = 1; seq <= count; seq++) {
    const event = eventOf(site, seq)
    const beganMs = performance.now()
    sentMs.set(event.id, beganMs)
    const stored = await agent.publishEvent(event)
    if (stored.kind !== 'stored') throw new Error(JSON.stringify(stored))
    ackedMs.push(performance.now() - beganMs)
  }
  await following
  stop.abort()
  return [
    summarise('bus: publish → acknowledged', ackedMs),
    summarise('bus: publish → delivered', deliveredMs),
  ]
}

function eventOf(site: string, seq: number): EventEnvelope {
  const news = {
    type: 'container',
    action: 'start',
    id: 'x',
    name: 'x',
    timeNano: '1',
    attributes: {},
  }
  return EventEnvelope.parse({
    specversion: '1.0',
    id: `${HOST}/1/${seq}`,
    source: `rs/${site}/${HOST}`,
    type: 'rs.news.v1',
    time: '2026-01-01T00:00:00Z',
    datacontenttype: 'application/json',
    site,
    data: { kind: 'news', stamp: { host: HOST, boot: 1, seq }, news },
  })
}
