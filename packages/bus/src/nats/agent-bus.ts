import type { HostId, SiteId } from '@roadstead/shared/kernel/ids.ts'
import { EVENT_BYTES_MAX } from '@roadstead/shared/kernel/limits.ts'
import type { Log } from '@roadstead/shared/kernel/log.ts'
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
import { Connection, type ConnectParams } from './connect.ts'
import { publish } from './jetstream.ts'
import { storedFrom } from './outcome.ts'
import { answerOver, askOver } from './questions.ts'
import { inboxPrefixOf } from '../permissions.ts'
import { untilAborted } from '../until-aborted.ts'

export type BusParams<Id> = Pick<ConnectParams, 'natsUrl' | 'seed' | 'clock' | 'random' | 'log'> & {
  readonly site: SiteId
  readonly id: Id
}

/** The bus as an agent may use it. Usable at once; whether NATS is there, `link` tells. */
export function connectAgentBus(params: BusParams<HostId>): AgentBus {
  return new NatsAgentBus(params)
}

const PUBLISH_MS = 1_000
const PING_MS = 2_000

class NatsAgentBus implements AgentBus {
  readonly #params: BusParams<HostId>
  readonly #connection: Connection

  constructor(params: BusParams<HostId>) {
    const { id, site } = params
    const name = `agent ${site}/${id}`
    const inboxPrefix = inboxPrefixOf('agent', id)
    this.#params = params
    this.#connection = new Connection({ ...params, name, inboxPrefix, pingMs: PING_MS })
  }

  get link(): Link {
    return this.#connection.link
  }

  publishEvent(event: EventEnvelope): Promise<Stored> {
    const { site, id } = this.#params
    const text = encodeWithin(event, EVENT_BYTES_MAX)
    if (text === undefined) return Promise.resolve(OVERSIZE)
    // The id lets the stream drop a repeat after an acknowledgement that got lost.
    return this.#publish(eventSubject(site, id, event), text, event.id)
  }

  async publishSnapshot(snapshot: Snapshot): Promise<Stored> {
    const { site, id } = this.#params
    const parts = cutSnapshot(site, snapshot)
    if (parts === undefined) return OVERSIZE
    // No message id: an equal snapshot that is asked for again must reach the masters again.
    const outcomes = await Promise.all(
      parts.map((it) => this.#publish(snapshotSubject(site, id, it.part), JSON.stringify(it))),
    )
    const failed = outcomes.find((it) => it.kind !== 'stored')
    return failed ?? outcomes.at(-1) ?? OVERSIZE
  }

  publishStock(slice: StockSlice): Promise<Stored> {
    const { site, id } = this.#params
    const text = encodeWithin(slice, EVENT_BYTES_MAX)
    if (text === undefined) return Promise.resolve(OVERSIZE)
    // No message id: an equal slice after a loss must reach the masters again.
    return this.#publish(stockSubject(site, id, slice), text)
  }

  beat(heartbeat: Heartbeat): void {
    const { site, id } = this.#params
    this.#connection.client()?.publish(heartbeatSubject(site, id), JSON.stringify(heartbeat))
  }

  async serveCommands(
    handle: (command: Signed) => Promise<CommandReply>,
    signal: AbortSignal,
  ): Promise<void> {
    const { site, id } = this.#params
    // Of any master.
    const inboxOf = (): string => inboxPrefixOf('master', '')
    const asked = { pattern: commandSubject(site, id), inboxOf }
    using _served = answerOver(this.#wire, asked, commandAnswerer(handle))
    await untilAborted(signal)
  }

  async askToLetGo(request: LetGoRequest, timeoutMs: number): ReturnType<AgentBus['askToLetGo']> {
    const { id, site } = this.#params
    const expected = { schema: LetGoReply, withinMs: timeoutMs }
    const reply = await askOver(this.#wire, askSubject(site, id), request, expected)
    return reply ?? { kind: 'unreachable' }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#connection[Symbol.asyncDispose]()
  }

  get #wire(): { readonly connection: Connection; readonly log: Log } {
    return { connection: this.#connection, log: this.#params.log }
  }

  async #publish(subject: string, text: string, messageId?: string): Promise<Stored> {
    const client = this.#connection.client()
    if (client === undefined) return { kind: 'unknown', error: 'not connected' }
    const expectation = messageId === undefined ? {} : { messageId }
    return storedFrom(await publish(client, subject, text, expectation, PUBLISH_MS))
  }
}

const OVERSIZE: Stored = { kind: 'refused', error: 'larger than a message may be', full: false }
