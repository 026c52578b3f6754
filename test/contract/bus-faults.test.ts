import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createKey } from '@roadstead/bus/identity.ts'
import { connectAgentBus } from '@roadstead/bus/nats/agent-bus.ts'
import { ask } from '@roadstead/bus/nats/jetstream.ts'
import { connectMasterBus, type VerifiableMasterBus } from '@roadstead/bus/nats/master-bus.ts'
import { signWith } from '@roadstead/bus/nkey.ts'
import type { AgentBus, MasterBus } from '@roadstead/bus/ports.ts'
import { streamConfig, streamPlans } from '@roadstead/bus/topology.ts'
import { systemClock as clock } from '@roadstead/shared/kernel/clock.ts'
import { HostId, MasterId } from '@roadstead/shared/kernel/ids.ts'
import { silentLog as log } from '@roadstead/shared/kernel/log.ts'
import { systemRandom as random } from '@roadstead/shared/kernel/random.ts'
import { EventEnvelope } from '@roadstead/shared/protocol/observation.ts'
import { RoadsteadError } from '@roadstead/shared/kernel/roadstead-error.ts'
import { z } from 'zod'
import { connectRaw } from '../rig/admin.ts'
import { eventually } from '../rig/eventually.ts'
import { NatsRig } from '../rig/nats.ts'

/** What the ports promise while real servers are killed, hung, emptied, and set up wrongly. */
const USERS = [
  { role: 'agent', id: 'h1' },
  { role: 'master', id: 'm1' },
] as const

test('a server that is killed and comes back costs no event, and nobody hears one twice', async () => {
  await using nats = await NatsRig.start({ users: USERS })
  await using site = await Site.start(nats)
  await site.publish(1, 50)

  const back = site.publish(51, 100)
  await nats.servers[0]?.restart()
  await back

  await site.heardAllUpTo(100)
})

test('a server that hangs is noticed, and everything goes on when it wakes up', async () => {
  await using nats = await NatsRig.start({ users: USERS })
  await using site = await Site.start(nats)
  await site.publish(1, 10)

  nats.servers[0]?.pause()
  await eventually('the hang is noticed', () => !site.master.link.connected(), { withinMs: 15_000 })
  nats.servers[0]?.resume()

  await site.publish(11, 20)
  await site.heardAllUpTo(20)
})

test('in a cluster, the server that leads the stream may be killed while events flow', async () => {
  await using nats = await NatsRig.start({ servers: 3, users: USERS })
  await using site = await Site.start(nats)
  assert.equal(site.master.link.server()?.servers, 3)
  await site.publish(1, 10)

  const name = await leaderOfEvents(nats)
  await nats.servers.find((it) => it.name === name)?.kill('SIGKILL')

  await site.publish(11, 20)
  await site.heardAllUpTo(20)
})

test('a consumer that the server forgot is made again', async () => {
  await using nats = await NatsRig.start({ users: USERS })
  await using site = await Site.start(nats)
  await site.publish(1, 10)
  await site.heardAllUpTo(10)

  await using admin = await connectRaw(nats.admin)
  const client = admin.client()
  assert.ok(client)
  const names = await ask(client, '$JS.API.CONSUMER.NAMES.EVT', {})
  assert.ok(names.kind === 'answer')
  const { consumers } = names.value as { consumers: string[] }
  for (const name of consumers) await ask(client, `$JS.API.CONSUMER.DELETE.EVT.${name}`, undefined)
  await site.publish(11, 20)

  assert.equal(consumers.length, 1)
  await site.heardAllUpTo(20)
})

test('nothing is queued while the bus is away', async () => {
  await using nats = await NatsRig.start({ users: USERS })
  await using site = await Site.start(nats)
  await nats.servers[0]?.kill('SIGKILL')
  await eventually('the loss is noticed', () => !site.agent.link.connected(), { withinMs: 10_000 })

  const outcome = await site.agent.publishEvent(anEvent(1))

  assert.equal(outcome.kind, 'unknown')
})

test('an acknowledgement that was directed at a command subject is no command', async () => {
  await using nats = await NatsRig.start({ users: [...USERS, { role: 'agent', id: 'h2' }] })
  await using site = await Site.start(nats)
  const stop = new AbortController()
  let handled = 0
  const serving = site.agent.serveCommands(async () => {
    handled += 1
    return { kind: 'done', id: 'x', result: {} }
  }, stop.signal)
  await using witness = await connectRaw(nats.admin)
  const seen: string[] = []
  using _witness = witness.subscribe('rs.v1.cmd.s1.h1', (message) => seen.push(message.string()))
  await witness.client()?.flush()

  await using other = await connectRaw(nats.user('agent', 'h2'), '_INBOX.a.h2')
  other.client()?.publish('rs.v1.evt.s1.h2.x', 'reflect', { reply: 'rs.v1.cmd.s1.h1' })

  await eventually('the server let it through', () => seen.length > 0, { withinMs: 10_000 })
  const command = signWith(createKey().seed)('command', '{}')
  const reply = await site.master.command(HostId.parse('h1'), command, 2_000)
  assert.equal(reply.kind, 'done')
  assert.equal(handled, 1, 'only the real command, although the other came before it')
  stop.abort()
  await serving
})

test('streams are created once, three times on three servers, and verified by a master', async () => {
  await using nats = await NatsRig.start({ servers: 3, users: USERS })
  await nats.provision()
  await using master = aMaster(nats)

  await master.verify(AbortSignal.timeout(5_000))

  await using admin = await connectRaw(nats.admin)
  const client = admin.client()
  assert.ok(client)
  for (const { name } of streamPlans) {
    const info = await ask(client, `$JS.API.STREAM.INFO.${name}`, undefined)
    assert.ok(info.kind === 'answer')
    const { config } = info.value as { config: { num_replicas: number } }
    assert.equal(config.num_replicas, 3)
  }
})

test('a stream that is set up differently is refused, and the difference named', async () => {
  await using nats = await NatsRig.start({ users: USERS, bare: true })
  await using admin = await connectRaw(nats.admin)
  const client = admin.client()
  const plan = streamPlans.find((it) => it.name === 'KV_CTL')
  assert.ok(client && plan)
  const config = { ...streamConfig(plan, 1), max_age: 60_000_000_000, republish: undefined }
  await ask(client, '$JS.API.STREAM.CREATE.KV_CTL', config)

  await assert.rejects(nats.provision(), isUnsuitable)
  await using master = aMaster(nats)
  await assert.rejects(master.verify(AbortSignal.timeout(5_000)), isUnsuitable)
})

async function leaderOfEvents(nats: NatsRig): Promise<string> {
  await using admin = await connectRaw(nats.admin)
  const client = admin.client()
  const info = client && (await ask(client, '$JS.API.STREAM.INFO.EVT', undefined))
  assert.ok(info?.kind === 'answer')
  return StreamCluster.parse(info.value).cluster.leader
}

const StreamCluster = z.object({ cluster: z.object({ leader: z.string() }) })

function isUnsuitable(error: unknown): boolean {
  assert.ok(error instanceof RoadsteadError)
  assert.equal(error.code, 'bus-unsuitable')
  assert.match(error.message, /KV_CTL\.max_age is 60000000000, not 0/)
  assert.match(error.message, /KV_CTL\.republish is undefined/)
  return true
}

/** An agent that says each thing until it is stored, and a master that writes down what it hears. */
class Site implements AsyncDisposable {
  readonly agent: AgentBus
  readonly master: MasterBus
  readonly #heard: number[] = []
  readonly #stop = new AbortController()
  readonly #done: Promise<void>

  private constructor(nats: NatsRig) {
    const { site } = nats
    const time = { clock, random, log }
    const id = HostId.parse('h1')
    this.agent = connectAgentBus({ ...nats.user('agent', 'h1'), site, id, ...time })
    this.master = aMaster(nats)
    this.#done = this.#listen()
  }

  static async start(nats: NatsRig): Promise<Site> {
    const site = new Site(nats)
    const both = (): boolean => site.agent.link.connected() && site.master.link.connected()
    await eventually('both are connected', both, { withinMs: 15_000 })
    return site
  }

  async publish(first: number, last: number): Promise<void> {
    for (let seq = first; seq <= last; seq += 1) {
      const stored = async (): Promise<boolean> =>
        (await this.agent.publishEvent(anEvent(seq))).kind === 'stored'
      await eventually(`event ${seq} is stored`, stored, { withinMs: 20_000 })
    }
  }

  async heardAllUpTo(last: number): Promise<void> {
    await eventually(`event ${last}`, () => this.#heard.at(-1) === last, { withinMs: 20_000 })
    assert.deepEqual(
      this.#heard,
      Array.from({ length: last }, (_, index) => index + 1),
    )
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort()
    await this.#done
    await this.agent[Symbol.asyncDispose]()
    await this.master[Symbol.asyncDispose]()
  }

  async #listen(): Promise<void> {
    for await (const delivery of this.master.followEvents(1, this.#stop.signal)) {
      assert.notEqual(delivery.kind, 'reset')
      if (delivery.kind === 'message') this.#heard.push(delivery.value.data.stamp.seq)
    }
  }
}

function aMaster(nats: NatsRig): VerifiableMasterBus {
  const { site } = nats
  const id = MasterId.parse('m1')
  return connectMasterBus({ ...nats.user('master', 'm1'), site, id, clock, random, log })
}

function anEvent(seq: number): EventEnvelope {
  return EventEnvelope.parse({
    specversion: '1.0',
    id: `h1/1/${seq}`,
    source: 'rs/s1/h1',
    type: 'rs.news.v1',
    time: '2026-01-01T00:00:00.000Z',
    datacontenttype: 'application/json',
    site: 's1',
    data: {
      kind: 'news',
      stamp: { host: 'h1', boot: 1, seq },
      news: { type: 'agent', action: 'start', id: 'x', name: 'x', timeNano: '1', attributes: {} },
    },
  })
}

test('a reader is caught up soon, also while what it reads is written again and again', async () => {
  await using nats = await NatsRig.start({ users: USERS })
  const { natsUrl, seed, site } = nats.user('master', 'm1')
  const id = MasterId.parse('m1')
  await using master = connectMasterBus({ natsUrl, seed, site, id, clock, random, log })
  await eventually('connected', () => master.link.connected(), { withinMs: 15_000 })
  const stop = new AbortController()
  const writing = writeAgainAndAgain(master, stop.signal)

  const tookMs: number[] = []
  for (let reader = 0; reader < READERS; reader++) tookMs.push(await untilCaughtUp(master))
  stop.abort()
  await writing

  const slowest = Math.max(...tookMs)
  assert.ok(slowest < CAUGHT_UP_MS_MAX, `one reader took ${Math.round(slowest)} ms`)
})

const READERS = 150
/** A reader that waits for the next look at its consumer takes 5 s. */
const CAUGHT_UP_MS_MAX = 2_500

async function writeAgainAndAgain(master: MasterBus, signal: AbortSignal): Promise<void> {
  let { last } = await master.control.readLease()
  for (let count = 0; !signal.aborted; count++) {
    const written = await master.control.write(`d.presence.h${count % 40}`, `${count}`, last)
    if (written.kind === 'stored') last = written.seq
    else if (written.kind === 'wrong-sequence') last = written.last
  }
}

async function untilCaughtUp(master: MasterBus): Promise<number> {
  const stop = new AbortController()
  const beganMs = performance.now()
  for await (const delivery of master.control.follow(stop.signal)) {
    if (delivery.kind === 'caught-up') break
  }
  stop.abort()
  return performance.now() - beganMs
}
