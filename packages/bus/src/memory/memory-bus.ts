import type { Clock } from '@roadstead/shared/kernel/clock.ts'
import type { EdgeId, HostId, MasterId, SiteId } from '@roadstead/shared/kernel/ids.ts'
import { invariant } from '@roadstead/shared/kernel/invariant.ts'
import type { Random } from '@roadstead/shared/kernel/random.ts'
import type { Doubts } from '../doubts.ts'
import type { AgentBus, Delivery, EdgeBus, MasterBus, Stored } from '../ports.ts'
import type { Raw } from '../raw.ts'
import { CONTROL_PREFIX, republishedSubject } from '../subjects.ts'
import { type StreamPlan, streamPlans } from '../topology.ts'
import { MemoryAgentBus } from './memory-agent-bus.ts'
import { MemoryEdgeBus } from './memory-edge-bus.ts'
import { MemoryMasterBus } from './memory-master-bus.ts'
import { type Faults, MemoryNetwork } from './memory-network.ts'
import { type Appended, type Kept, MemoryStream } from './memory-stream.ts'

type StreamName = StreamPlan['name']

/**
 * The whole bus in one object: the same ports, plans, codecs and refusals as on NATS, and faults on
 * demand. A simulation runs a site on it without a server, on its own clock and from one seed; the
 * contract suite keeps it honest.
 */
export class MemoryBus {
  readonly site: SiteId
  readonly network: MemoryNetwork
  readonly #streams: ReadonlyMap<StreamName, MemoryStream>

  constructor(site: SiteId, time: { readonly clock: Clock; readonly random: Random }) {
    this.site = site
    this.network = new MemoryNetwork(time.clock, time.random)
    this.#streams = new Map(streamPlans.map((plan) => [plan.name, new MemoryStream(plan)]))
  }

  agent(id: HostId): AgentBus {
    return new MemoryAgentBus(this, id, `agent ${id}`)
  }

  master(id: MasterId): MasterBus {
    return new MemoryMasterBus(this, `master ${id}`)
  }

  edge(id: EdgeId): EdgeBus {
    return new MemoryEdgeBus(this, id, `edge ${id}`)
  }

  set faults(faults: Faults) {
    this.network.faults = faults
  }

  /** Cuts or heals the connection of a participant: `agent h1`, `master m1`, `edge e1`. */
  connect(who: string, connected: boolean): void {
    this.network.link(who).set(connected)
    for (const stream of this.#streams.values()) stream.ring()
  }

  /** Everything stored is gone, as after the loss of all disks. */
  wipe(...names: readonly StreamName[]): void {
    for (const [name, stream] of this.#streams) {
      if (names.length === 0 || names.includes(name)) stream.wipe()
    }
  }

  stream(name: StreamName): MemoryStream {
    const stream = this.#streams.get(name)
    invariant(stream !== undefined, `every planned stream exists, also ${name}`)
    return stream
  }

  /** Stores whatever is given, as a broken or foreign sender would; also for the roles below. */
  append(
    name: StreamName,
    subject: string,
    value: Raw,
    expected: { id?: string; last?: number } = {},
  ): Appended {
    const appended = this.stream(name).append(subject, value, expected)
    if (name === 'KV_CTL' && appended.kind === 'stored') {
      const key = subject.slice(CONTROL_PREFIX.length)
      this.network.publish(undefined, republishedSubject(key), value.text, {
        seq: appended.seq,
      })
    }
    return appended
  }

  async store(
    who: string,
    name: StreamName,
    subject: string,
    text: string,
    id?: string,
  ): Promise<Stored> {
    const value = { text, deleted: false }
    const expected = id === undefined ? {} : { id }
    const done = await this.network.ask(who, () => this.append(name, subject, value, expected))
    if (done === undefined) return { kind: 'unknown', error: 'no answer' }
    if (done.kind === 'stored') return done
    return { kind: 'refused', error: done.kind, full: false }
  }

  /** The same promise as the NATS follower: everything from a sequence on, or a `reset`. */
  async *follow(
    who: string,
    spec: { readonly stream: StreamName; readonly prefix: string; readonly fromSeq: number },
    signal: AbortSignal,
    doubts?: Doubts,
  ): AsyncGenerator<Delivery<Raw>, void> {
    const stream = this.stream(spec.stream)
    const link = this.network.link(who)
    using changes = stream.listen()
    let { born } = stream
    let cursor = spec.fromSeq - 1
    let caughtUp = false
    using _doubts = doubts?.on(() => {
      caughtUp = false
      changes.bell.ring()
    })
    while (!signal.aborted) {
      if (link.connected() && (born !== stream.born || stream.last < cursor)) {
        born = stream.born
        cursor = 0
        caughtUp = false
        yield { kind: 'reset', why: 'another-stream' }
      }
      const next = link.connected() ? stream.after(cursor, spec.prefix) : undefined
      if (next !== undefined) {
        cursor = next.seq
        yield* this.#deliver(next, born)
      } else if (link.connected() && !caughtUp) {
        caughtUp = true
        yield { kind: 'caught-up', seq: cursor }
      } else await changes.bell.rung(signal)
    }
  }

  async *#deliver(kept: Kept, born: number): AsyncGenerator<Delivery<Raw>, void> {
    await this.network.delay()
    yield { kind: 'message', ...kept, born }
    if (this.network.happens(this.network.faults.repeats)) yield { kind: 'message', ...kept, born }
  }
}
