import assert from 'node:assert/strict'
import { after, describe, test } from 'node:test'
import { connectMasterBus } from '@roadstead/bus/nats/master-bus.ts'
import type { ControlEntry, MasterBus } from '@roadstead/bus/ports.ts'
import { readLease } from '@roadstead/master/loops/control-writer.ts'
import { systemClock as clock } from '@roadstead/shared/kernel/clock.ts'
import { MasterId } from '@roadstead/shared/kernel/ids.ts'
import { LEASE_CLUSTER_MS, LEASE_SINGLE_MS } from '@roadstead/shared/kernel/limits.ts'
import { silentLog as log } from '@roadstead/shared/kernel/log.ts'
import { systemRandom as random } from '@roadstead/shared/kernel/random.ts'
import { calm, eventually } from '../rig/eventually.ts'
import { NatsRig } from '../rig/nats.ts'
import { Pair } from '../rig/pair.ts'

/**
 * Real: nats-server, one and three, and two processes that campaign and, while they lead, write
 * without a pause. What was written is read back from the stream by a third party.
 */
for (const servers of [1, 3] as const) {
  const leaseMs = servers === 1 ? LEASE_SINGLE_MS : LEASE_CLUSTER_MS

  describe(`with ${servers} nats-server${servers === 1 ? '' : 's'}`, () => {
    test('a leader that is killed is replaced within its lease and a second', async (t) => {
      await using pair = await start(servers)
      const leader = await pair.leader()

      const beganMs = clock.monoMs()
      leader.signal('SIGKILL')
      await eventually('the standby leads', () => pair.leadsBesides(leader), {
        withinMs: leaseMs + 1_000,
      })

      t.diagnostic(`replaced after ${Math.round(clock.monoMs() - beganMs)} ms`)
    })

    test('a leader that stops cleanly is replaced within half a second', async (t) => {
      await using pair = await start(servers)
      const leader = await pair.leader()

      const beganMs = clock.monoMs()
      leader.signal('SIGTERM')
      await eventually('the standby leads', () => pair.leadsBesides(leader), { withinMs: 500 })

      t.diagnostic(`replaced after ${Math.round(clock.monoMs() - beganMs)} ms`)
    })

    test('a leader that was paused while writing changes nothing when it wakes up', async () => {
      await using pair = await start(servers)
      await using record = await Recording.of(pair.nats)
      const first = (await pair.leader()).report.epoch
      for (let round = 0; round < 3; round += 1) {
        const leader = await pair.leader()
        leader.signal('SIGSTOP')
        await eventually('the standby leads', () => pair.leadsBesides(leader), {
          withinMs: leaseMs + 1_000,
        })
        leader.signal('SIGCONT')
        await eventually('it knows that it was replaced', () => leader.report.kind === 'standby', {
          withinMs: 2_000,
        })
      }

      const epochs = await record.epochsInOrder(first)
      assert.deepEqual(
        epochs,
        epochs.toSorted((a, b) => a - b),
        'no epoch after a higher one',
      )
      assert.equal(new Set(epochs).size, 4, 'three were replaced')
    })
  })
}

test('a bus that was away for longer than the lease finds the same leader in the same epoch', async () => {
  await using pair = await start(1)
  const leader = await pair.leader()
  const { epoch } = leader.report

  await pair.nats.servers[0]?.kill('SIGKILL')
  await eventually('it suspends itself', () => leader.report.kind === 'suspended', {
    withinMs: LEASE_SINGLE_MS,
  })
  await calm(LEASE_SINGLE_MS)()
  await pair.nats.servers[0]?.start()

  await eventually('it acts again', () => leader.report.kind === 'leader', { withinMs: 5_000 })
  assert.equal(leader.report.epoch, epoch)
})

test('a wiped control stream is led again, in a higher epoch', async () => {
  await using pair = await start(1)
  const before = (await pair.leader()).report.epoch

  await pair.nats.wipe()

  await eventually('somebody leads above', () => (pair.epoch() ?? 0) > before, { withinMs: 10_000 })
})

test('two masters that hammer one sequence never both get it', async () => {
  await using nats = await NatsRig.start({ servers: 3, users: [MASTER_1, MASTER_2] })
  await using one = master(nats, 'm1')
  await using two = master(nats, 'm2')
  await connected(one)
  await connected(two)
  let last = 0
  let won = 0
  for (let round = 0; round < 150; round += 1) {
    const attempts = [one, two, one, two].map((bus) => bus.control.write('t.s1.e1', 'x', last))
    const stored = (await Promise.all(attempts)).filter((it) => it.kind === 'stored')
    assert.ok(
      stored.length <= 1,
      `${stored.length} writers were told that they had sequence ${last + 1}`,
    )
    won += stored.length
    last = (await one.control.readLease()).last
  }
  assert.ok(won > 100, `${won} rounds had a winner`)
})

const MASTER_1 = { role: 'master', id: 'm1' } as const
const MASTER_2 = { role: 'master', id: 'm2' } as const
const MASTER_3 = { role: 'master', id: 'm3' } as const

/** A cluster takes seconds to start, so tests with the same number of servers share one. */
const shared = new Map<number, Promise<NatsRig>>()
after(async () => {
  for (const nats of shared.values()) await (await nats)[Symbol.asyncDispose]()
})

async function start(servers: 1 | 3): Promise<Pair> {
  const nats =
    shared.get(servers) ?? NatsRig.start({ servers, users: [MASTER_1, MASTER_2, MASTER_3] })
  shared.set(servers, nats)
  return Pair.on(await nats)
}

/** Everything that the stream took, in its order. */
class Recording implements AsyncDisposable {
  readonly #bus: MasterBus
  readonly #stop = new AbortController()
  readonly #entries: ControlEntry[] = []
  readonly #done: Promise<void>

  private constructor(bus: MasterBus) {
    this.#bus = bus
    this.#done = this.#follow()
  }

  static async of(nats: NatsRig): Promise<Recording> {
    const bus = master(nats, 'm3')
    await connected(bus)
    return new Recording(bus)
  }

  /** Of leases and tables alike, from the first of this epoch on, each once per change. */
  async epochsInOrder(first: number): Promise<number[]> {
    const { last } = await this.#bus.control.readLease()
    await eventually('the record is complete', () => (this.#entries.at(-1)?.seq ?? 0) >= last, {
      withinMs: 5_000,
    })
    const epochs = this.#entries.map(({ text = '{}' }) => epochOf(text))
    const since = epochs.slice(epochs.indexOf(first))
    return since.filter((epoch, index) => epoch !== since[index - 1])
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort()
    await this.#done
    await this.#bus[Symbol.asyncDispose]()
  }

  async #follow(): Promise<void> {
    for await (const delivery of this.#bus.control.follow(this.#stop.signal)) {
      if (delivery.kind === 'message') this.#entries.push(delivery.value)
    }
  }
}

function epochOf(text: string): number {
  return readLease(text)?.epoch ?? (JSON.parse(text) as { epoch: number }).epoch
}

function master(nats: NatsRig, id: string): MasterBus {
  return connectMasterBus({
    ...nats.user('master', id),
    id: MasterId.parse(id),
    clock,
    random,
    log,
  })
}

async function connected(bus: MasterBus): Promise<void> {
  await eventually('connected', () => bus.link.connected(), { withinMs: 15_000 })
}
