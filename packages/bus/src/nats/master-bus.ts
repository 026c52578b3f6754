import type { HostId, MasterId } from '@roadstead/shared/kernel/ids.ts'
import type { Log } from '@roadstead/shared/kernel/log.ts'
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
import { inboxPrefixOf } from '../permissions.ts'
import type { ControlStream, Delivery, Link, MasterBus } from '../ports.ts'
import { readEdges, readEvents, readSnapshots, readStock } from '../raw.ts'
import { untilAborted } from '../until-aborted.ts'
import {
  commandSubject,
  everyAskSubject,
  everyPastSubject,
  everyRequestsSubject,
  heartbeatSubject,
  pastSubject,
  requestsSubject,
} from '../subjects.ts'
import type { BusParams } from './agent-bus.ts'
import { Connection } from './connect.ts'
import { NatsControlStream } from './control-stream.ts'
import { type FollowDeps, type FollowSpec, followStream } from './follow-stream.ts'
import { verifyTopology } from './ensure-topology.ts'
import { answerOver, askForText, askOver } from './questions.ts'

/** A master's bus, which can also tell whether the streams are as they must be. */
export interface VerifiableMasterBus extends MasterBus {
  /**
   * Waits for a connection and compares every stream with its plan.
   * @throws RoadsteadError `bus-unsuitable` that names each difference
   */
  verify(signal: AbortSignal): Promise<void>
}

/** The bus as a master may use it. Usable at once; whether NATS is there, `link` tells. */
export function connectMasterBus(params: BusParams<MasterId>): VerifiableMasterBus {
  return new NatsMasterBus(params)
}

const PING_MS = 1_000
/** 256 KiB each at most, so 64 MiB in the worst case, and 300 KiB in a usual one. */
const EVENT_BATCH = 256
/** Half a megabyte each. */
const SNAPSHOT_BATCH = 32
const EDGE_BATCH = 64
/** 20 KiB each as a rule; few at a time, since nobody waits for them. */
const STOCK_BATCH = 32

class NatsMasterBus implements VerifiableMasterBus {
  readonly control: ControlStream
  readonly #params: BusParams<MasterId>
  readonly #connection: Connection
  readonly #follow: FollowDeps
  readonly #doubts = new Doubts()

  constructor(params: BusParams<MasterId>) {
    const { id, site } = params
    const name = `master ${site}/${id}`
    const inboxPrefix = inboxPrefixOf('master', id)
    this.#params = params
    this.#connection = new Connection({ ...params, name, inboxPrefix, pingMs: PING_MS })
    const follow = { ...params, connection: this.#connection, inboxPrefix }
    this.#follow = { ...follow, doubts: this.#doubts }
    // That a write names the last sequence does not help whoever has not read up to there.
    this.control = new NatsControlStream(this.#follow)
  }

  get link(): Link {
    return this.#connection.link
  }

  async verify(signal: AbortSignal): Promise<void> {
    await verifyTopology(this.#connection, this.#params, signal)
  }

  followEvents(fromSeq: number, signal: AbortSignal): AsyncIterable<Delivery<EventEnvelope>> {
    const filter = `rs.v1.evt.${this.#params.site}.>`
    const spec = { stream: 'EVT', filter, batch: EVENT_BATCH, fromSeq, history: true }
    return readEvents(followStream(spec, this.#follow, signal))
  }

  followSnapshots(signal: AbortSignal): AsyncIterable<Delivery<Snapshot>> {
    const filter = `rs.v1.snap.${this.#params.site}.>`
    const spec = { ...LAST_WORDS, stream: 'SNAP', filter, batch: SNAPSHOT_BATCH }
    return readSnapshots(followStream(spec, this.#follow, signal))
  }

  followEdges(signal: AbortSignal): AsyncIterable<Delivery<EdgeStatus>> {
    const filter = `rs.v1.edge.${this.#params.site}.>`
    const spec = { ...LAST_WORDS, stream: 'EDGE', filter, batch: EDGE_BATCH }
    return readEdges(followStream(spec, this.#follow, signal))
  }

  followStock(signal: AbortSignal): AsyncIterable<Delivery<StockSlice>> {
    const filter = `rs.v1.fact.${this.#params.site}.>`
    const spec = { ...LAST_WORDS, stream: 'FACT', filter, batch: STOCK_BATCH }
    return readStock(followStream(spec, this.#follow, signal))
  }

  onHeartbeat(listener: (host: HostId, heartbeat: Heartbeat) => void): Disposable {
    const { log, site } = this.#params
    return this.#connection.subscribe(`rs.v1.hb.${site}.*`, (message) => {
      const beat = decode(Heartbeat, message.string())
      if (beat.kind === 'invalid') {
        return log.warn({ subject: message.subject, error: beat.error }, 'heartbeat unreadable')
      }
      const { host } = beat.value.stamp
      // The server lets a host publish on its own subject only; the words must be about the same one.
      if (message.subject === heartbeatSubject(site, host)) listener(host, beat.value)
    })
  }

  onRequests(listener: (report: RequestReport) => void): Disposable {
    const { log, site } = this.#params
    return this.#connection.subscribe(everyRequestsSubject(site), (message) => {
      const heard = decode(RequestReport, message.string())
      if (heard.kind === 'invalid') {
        return log.warn({ subject: message.subject, error: heard.error }, 'counts unreadable')
      }
      const { edge } = heard.value
      // The server lets an edge publish on its own subject only; the words must be about the same one.
      if (message.subject === requestsSubject(site, edge)) listener(heard.value)
    })
  }

  recheck(): void {
    this.#doubts.raise()
  }

  async command(
    host: HostId,
    command: Signed,
    timeoutMs: number,
  ): ReturnType<MasterBus['command']> {
    const subject = commandSubject(this.#params.site, host)
    const expected = { schema: CommandReply, withinMs: timeoutMs }
    const reply = await askOver(this.#wire, subject, command, expected)
    return reply ?? { kind: 'unreachable' }
  }

  async serveLetGo(
    handle: (request: LetGoRequest) => Promise<LetGoReply | undefined>,
    signal: AbortSignal,
  ): Promise<void> {
    const { site } = this.#params
    const pattern = everyAskSubject(site)
    const inboxOf = (subject: string): string => inboxOfAsker('agent', subject)
    const answer = letGoAnswerer(site, handle)
    using _served = answerOver(this.#wire, { pattern, inboxOf }, answer)
    await untilAborted(signal)
  }

  askPast(question: PastQuestion, timeoutMs: number): Promise<string | undefined> {
    const subject = pastSubject(this.#params.site, question.master)
    return askForText(this.#wire, subject, question, timeoutMs)
  }

  async servePast(
    handle: (question: PastQuestion) => Promise<string | undefined>,
    signal: AbortSignal,
  ): Promise<void> {
    const { site } = this.#params
    const pattern = everyPastSubject(site)
    const inboxOf = (subject: string): string => inboxOfAsker('master', subject)
    using _served = answerOver(this.#wire, { pattern, inboxOf }, pastAnswerer(site, handle))
    await untilAborted(signal)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#connection[Symbol.asyncDispose]()
  }

  get #wire(): { readonly connection: Connection; readonly log: Log } {
    return { connection: this.#connection, log: this.#params.log }
  }
}

/** The last token of a subject for questions is who asks. */
function inboxOfAsker(role: 'agent' | 'master', subject: string): string {
  return `${inboxPrefixOf(role, subject.slice(subject.lastIndexOf('.') + 1))}.`
}

/** These streams keep one message per subject: reading from the start is reading the last words. */
const LAST_WORDS = { fromSeq: 1, history: false } satisfies Partial<FollowSpec>
