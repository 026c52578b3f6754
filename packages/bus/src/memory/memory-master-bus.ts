import { RoadsteadError } from '@roadstead/shared/kernel/roadstead-error.ts'
import type { HostId } from '@roadstead/shared/kernel/ids.ts'
import { CommandReply } from '@roadstead/shared/protocol/command.ts'
import type { EdgeStatus } from '@roadstead/shared/protocol/edge-status.ts'
import { Heartbeat } from '@roadstead/shared/protocol/heartbeat.ts'
import type { EventEnvelope, Snapshot } from '@roadstead/shared/protocol/observation.ts'
import type { PastQuestion } from '@roadstead/shared/protocol/past.ts'
import { RequestReport } from '@roadstead/shared/protocol/request-report.ts'
import type { LetGoReply, LetGoRequest } from '@roadstead/shared/protocol/run.ts'
import type { Signed } from '@roadstead/shared/protocol/signed.ts'
import type { StockSlice } from '@roadstead/shared/protocol/stock.ts'
import { letGoAnswerer, pastAnswerer } from '../answers.ts'
import { decode } from '../codec.ts'
import { Doubts } from '../doubts.ts'
import {
  type ControlEntry,
  type ControlStream,
  type ControlWrite,
  type Delivery,
  LEASE_KEY,
  type Link,
  type MasterBus,
} from '../ports.ts'
import { readEdges, readEntries, readEvents, readSnapshots, readStock } from '../raw.ts'
import {
  commandSubject,
  controlSubject,
  CONTROL_PREFIX,
  everyAskSubject,
  everyPastSubject,
  everyRequestsSubject,
  pastSubject,
  republishedSubject,
  requestsSubject,
} from '../subjects.ts'
import { untilAborted } from '../until-aborted.ts'
import type { MemoryBus } from './memory-bus.ts'
import type { MemoryNetwork } from './memory-network.ts'
import { answerOver, askForText, askOver } from './questions.ts'

export class MemoryMasterBus implements MasterBus {
  readonly control: ControlStream
  readonly #bus: MemoryBus
  readonly #who: string
  readonly #doubts = new Doubts()

  constructor(bus: MemoryBus, who: string) {
    this.#bus = bus
    this.#who = who
    this.control = new MemoryControlStream(bus, who, this.#doubts)
  }

  get link(): Link {
    return this.#bus.network.link(this.#who)
  }

  followEvents(fromSeq: number, signal: AbortSignal): AsyncIterable<Delivery<EventEnvelope>> {
    const spec = { stream: 'EVT', prefix: `rs.v1.evt.${this.#bus.site}.`, fromSeq } as const
    return readEvents(this.#bus.follow(this.#who, spec, signal, this.#doubts))
  }

  followSnapshots(signal: AbortSignal): AsyncIterable<Delivery<Snapshot>> {
    const spec = { stream: 'SNAP', prefix: `rs.v1.snap.${this.#bus.site}.`, fromSeq: 1 } as const
    return readSnapshots(this.#bus.follow(this.#who, spec, signal, this.#doubts))
  }

  followEdges(signal: AbortSignal): AsyncIterable<Delivery<EdgeStatus>> {
    const spec = { stream: 'EDGE', prefix: `rs.v1.edge.${this.#bus.site}.`, fromSeq: 1 } as const
    return readEdges(this.#bus.follow(this.#who, spec, signal, this.#doubts))
  }

  followStock(signal: AbortSignal): AsyncIterable<Delivery<StockSlice>> {
    const spec = { stream: 'FACT', prefix: `rs.v1.fact.${this.#bus.site}.`, fromSeq: 1 } as const
    return readStock(this.#bus.follow(this.#who, spec, signal, this.#doubts))
  }

  recheck(): void {
    this.#doubts.raise()
  }

  onRequests(listener: (report: RequestReport) => void): Disposable {
    const { network, site } = this.#bus
    return network.subscribe(this.#who, everyRequestsSubject(site), ({ subject, text }) => {
      const heard = decode(RequestReport, text)
      if (heard.kind === 'invalid') return
      if (subject === requestsSubject(site, heard.value.edge)) listener(heard.value)
    })
  }

  onHeartbeat(listener: (host: HostId, heartbeat: Heartbeat) => void): Disposable {
    const { network, site } = this.#bus
    return network.subscribe(this.#who, `rs.v1.hb.${site}.*`, ({ subject, text }) => {
      const beat = decode(Heartbeat, text)
      if (beat.kind === 'invalid') return
      const { host } = beat.value.stamp
      if (subject.endsWith(`.${host}`)) listener(host, beat.value)
    })
  }

  async command(
    host: HostId,
    command: Signed,
    timeoutMs: number,
  ): ReturnType<MasterBus['command']> {
    const subject = commandSubject(this.#bus.site, host)
    const expected = { schema: CommandReply, withinMs: timeoutMs }
    return (await askOver(this.#wire, subject, command, expected)) ?? { kind: 'unreachable' }
  }

  async serveLetGo(
    handle: (request: LetGoRequest) => Promise<LetGoReply | undefined>,
    signal: AbortSignal,
  ): Promise<void> {
    const { site } = this.#bus
    using _served = answerOver(this.#wire, everyAskSubject(site), letGoAnswerer(site, handle))
    await untilAborted(signal)
  }

  askPast(question: PastQuestion, timeoutMs: number): Promise<string | undefined> {
    const subject = pastSubject(this.#bus.site, question.master)
    return askForText(this.#wire, subject, question, timeoutMs)
  }

  async servePast(
    handle: (question: PastQuestion) => Promise<string | undefined>,
    signal: AbortSignal,
  ): Promise<void> {
    const { site } = this.#bus
    using _served = answerOver(this.#wire, everyPastSubject(site), pastAnswerer(site, handle))
    await untilAborted(signal)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // Nothing is open.
  }

  get #wire(): { readonly network: MemoryNetwork; readonly who: string } {
    return { network: this.#bus.network, who: this.#who }
  }
}

class MemoryControlStream implements ControlStream {
  readonly #bus: MemoryBus
  readonly #who: string
  readonly #doubts: Doubts

  constructor(bus: MemoryBus, who: string, doubts: Doubts) {
    this.#bus = bus
    this.#who = who
    this.#doubts = doubts
  }

  async readLease(): ReturnType<ControlStream['readLease']> {
    const last = await this.#ask(() => this.#bus.stream('KV_CTL').last)
    const lease = await this.read(LEASE_KEY)
    return lease?.text === undefined
      ? { last }
      : { last, lease: { seq: lease.seq, text: lease.text } }
  }

  async read(key: string): Promise<ControlEntry | undefined> {
    const kept = await this.#ask(
      () => this.#bus.stream('KV_CTL').lastOf(controlSubject(key)) ?? 'absent',
    )
    if (kept === 'absent') return undefined
    const { seq, value } = kept
    return value.deleted ? { key, seq } : { key, seq, text: value.text }
  }

  async write(key: string, text: string | undefined, expectedLast: number): Promise<ControlWrite> {
    const value = { text: text ?? '', deleted: text === undefined }
    const outcome = await this.#bus.network.ask(this.#who, () =>
      this.#bus.append('KV_CTL', controlSubject(key), value, { last: expectedLast }),
    )
    if (outcome === undefined) return { kind: 'unknown', error: 'no answer' }
    if (outcome.kind === 'too-large') return { kind: 'unknown', error: 'too large' }
    return outcome.kind === 'stored' ? { kind: 'stored', seq: outcome.seq } : outcome
  }

  follow(signal: AbortSignal): AsyncIterable<Delivery<ControlEntry>> {
    const spec = { stream: 'KV_CTL', prefix: CONTROL_PREFIX, fromSeq: 1 } as const
    return readEntries(this.#bus.follow(this.#who, spec, signal, this.#doubts))
  }

  onLeaseHint(listener: (text: string) => void): Disposable {
    const subject = republishedSubject(LEASE_KEY)
    return this.#bus.network.subscribe(this.#who, subject, ({ text }) => listener(text))
  }

  async #ask<Answer>(serve: () => Answer): Promise<Answer> {
    const answer = await this.#bus.network.ask(this.#who, serve)
    if (answer === undefined) throw new RoadsteadError('bus-unreachable')
    return answer
  }
}
