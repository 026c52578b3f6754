import type { HostId } from '@roadstead/shared/kernel/ids.ts'
import { EVENT_BYTES_MAX } from '@roadstead/shared/kernel/limits.ts'
import type { CommandReply } from '@roadstead/shared/protocol/command.ts'
import type { Heartbeat } from '@roadstead/shared/protocol/heartbeat.ts'
import type { EventEnvelope, Snapshot } from '@roadstead/shared/protocol/observation.ts'
import { LetGoReply, type LetGoRequest } from '@roadstead/shared/protocol/run.ts'
import type { Signed } from '@roadstead/shared/protocol/signed.ts'
import type { StockSlice } from '@roadstead/shared/protocol/stock.ts'
import { commandAnswerer } from '../answers.ts'
import { encodeWithin } from '../codec.ts'
import type { AgentBus, Link, Stored } from '../ports.ts'
import { cutSnapshot } from '../snapshot-parts.ts'
import {
  askSubject,
  commandSubject,
  eventSubject,
  heartbeatSubject,
  snapshotSubject,
  stockSubject,
} from '../subjects.ts'
import { untilAborted } from '../until-aborted.ts'
import type { MemoryBus } from './memory-bus.ts'
import type { MemoryNetwork } from './memory-network.ts'
import { answerOver, askOver } from './questions.ts'

export class MemoryAgentBus implements AgentBus {
  readonly #bus: MemoryBus
  readonly #id: HostId
  readonly #who: string

  constructor(bus: MemoryBus, id: HostId, who: string) {
    this.#bus = bus
    this.#id = id
    this.#who = who
  }

  get link(): Link {
    return this.#bus.network.link(this.#who)
  }

  async publishEvent(event: EventEnvelope): Promise<Stored> {
    const text = encodeWithin(event, EVENT_BYTES_MAX)
    if (text === undefined) return OVERSIZE
    const subject = eventSubject(this.#bus.site, this.#id, event)
    return this.#bus.store(this.#who, 'EVT', subject, text, event.id)
  }

  async publishSnapshot(snapshot: Snapshot): Promise<Stored> {
    const { site } = this.#bus
    const parts = cutSnapshot(site, snapshot) ?? []
    let outcome = OVERSIZE
    for (const part of parts) {
      const subject = snapshotSubject(site, this.#id, part.part)
      outcome = await this.#bus.store(this.#who, 'SNAP', subject, JSON.stringify(part))
      if (outcome.kind !== 'stored') return outcome
    }
    return outcome
  }

  async publishStock(slice: StockSlice): Promise<Stored> {
    const text = encodeWithin(slice, EVENT_BYTES_MAX)
    if (text === undefined) return OVERSIZE
    const subject = stockSubject(this.#bus.site, this.#id, slice)
    return this.#bus.store(this.#who, 'FACT', subject, text)
  }

  beat(heartbeat: Heartbeat): void {
    const subject = heartbeatSubject(this.#bus.site, this.#id)
    this.#bus.network.publish(this.#who, subject, JSON.stringify(heartbeat))
  }

  async serveCommands(
    handle: (command: Signed) => Promise<CommandReply>,
    signal: AbortSignal,
  ): Promise<void> {
    const subject = commandSubject(this.#bus.site, this.#id)
    using _served = answerOver(this.#wire, subject, commandAnswerer(handle))
    await untilAborted(signal)
  }

  async askToLetGo(request: LetGoRequest, timeoutMs: number): ReturnType<AgentBus['askToLetGo']> {
    const expected = { schema: LetGoReply, withinMs: timeoutMs }
    const subject = askSubject(this.#bus.site, this.#id)
    return (await askOver(this.#wire, subject, request, expected)) ?? { kind: 'unreachable' }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // Nothing is open.
  }

  get #wire(): { readonly network: MemoryNetwork; readonly who: string } {
    return { network: this.#bus.network, who: this.#who }
  }
}

const OVERSIZE: Stored = { kind: 'refused', error: 'larger than a message may be', full: false }
