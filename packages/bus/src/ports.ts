import type { CommandReply } from '@roadstead/shared/protocol/command.ts'
import type { EdgeStatus } from '@roadstead/shared/protocol/edge-status.ts'
import type { Heartbeat } from '@roadstead/shared/protocol/heartbeat.ts'
import type { EventEnvelope, Snapshot } from '@roadstead/shared/protocol/observation.ts'
import type { PastQuestion } from '@roadstead/shared/protocol/past.ts'
import type { RequestReport } from '@roadstead/shared/protocol/request-report.ts'
import type { ObjectMention } from '@roadstead/shared/protocol/kept-object.ts'
import type { LetGoReply, LetGoRequest } from '@roadstead/shared/protocol/run.ts'
import type { Signed } from '@roadstead/shared/protocol/signed.ts'
import type { StockSlice } from '@roadstead/shared/protocol/stock.ts'
import type { EdgeId, HostId } from '@roadstead/shared/kernel/ids.ts'

/**
 * What each role may do on the bus, and nothing more. Two bodies exist: NATS (`nats/`) and memory
 * (`memory/`), and one contract suite runs against both.
 *
 * Nothing here is believed to arrive once, in time, or at all. Every reader must be able to start
 * over from the last word of each speaker; every writer must be able to say it again.
 */

/** Whether the bus can be used now. `changed` fires on every change and reconnect. */
export interface Link {
  connected(): boolean
  onChange(listener: () => void): Disposable
  /** Facts about the server for status and doctor; undefined before the first connection. */
  server(): { readonly version: string; readonly servers: number; readonly url: string } | undefined
}

/** The outcome of a write: it is stored, it certainly is not, or nobody knows. */
export type Stored =
  | { readonly kind: 'stored'; readonly seq: number; readonly duplicate: boolean }
  | { readonly kind: 'refused'; readonly error: string; readonly full: boolean }
  | { readonly kind: 'unknown'; readonly error: string }

/** A message as it comes from a stream. `reset`: continuity is lost, take the last words again. */
export type Delivery<Message> =
  | {
      readonly kind: 'message'
      readonly seq: number
      /** Which stream counts so: another one that is made in its place begins at 1, and was born later. */
      readonly born: number
      readonly subject: string
      readonly value: Message
    }
  | {
      readonly kind: 'invalid'
      readonly seq: number
      readonly subject: string
      readonly error: string
    }
  | { readonly kind: 'caught-up'; readonly seq: number }
  | { readonly kind: 'reset'; readonly why: string }

export interface AgentBus extends AsyncDisposable {
  readonly link: Link
  /** Resolves with the outcome, of all of it, within a second or two; never queues while disconnected. */
  publishEvent(event: EventEnvelope): Promise<Stored>
  publishSnapshot(snapshot: Snapshot): Promise<Stored>
  /** What it said of this slice before is forgotten. */
  publishStock(slice: StockSlice): Promise<Stored>
  /** Fire and forget; dropped while disconnected. */
  beat(heartbeat: Heartbeat): void
  /** Calls `handle` for every command addressed to this host until `signal` aborts. */
  serveCommands(
    handle: (command: Signed) => Promise<CommandReply>,
    signal: AbortSignal,
  ): Promise<void>
  /** Asks the leader whether a container may be touched; `unreachable` when nobody answers in time. */
  askToLetGo(
    request: LetGoRequest,
    timeoutMs: number,
  ): Promise<LetGoReply | { readonly kind: 'unreachable' }>
}

/** Text of a key in the control stream. `seq` orders all keys together. */
export interface ControlEntry {
  readonly key: string
  /** Absent: the key was deleted. */
  readonly text?: string
  readonly seq: number
}

export type ControlWrite =
  | { readonly kind: 'stored'; readonly seq: number }
  | { readonly kind: 'wrong-sequence'; readonly last: number }
  | { readonly kind: 'unknown'; readonly error: string }

/**
 * The control stream: lease, decisions and tables in one sequence. Every write names the sequence
 * it builds on, so one claim of the lease shuts out every later write of the previous leader.
 */
export interface ControlStream {
  /** Last sequence FIRST, then the lease: whatever is written in between makes a claim fail. */
  readLease(): Promise<{
    readonly last: number
    readonly lease?: { readonly seq: number; readonly text: string }
  }>
  read(key: string): Promise<ControlEntry | undefined>
  /** `text` undefined deletes the key. Never retried by the adapter. */
  write(key: string, text: string | undefined, expectedLast: number): Promise<ControlWrite>
  /** Every key's last word, then all that follows, until `signal` aborts. */
  follow(signal: AbortSignal): AsyncIterable<Delivery<ControlEntry>>
  /** What was just written in place of the lease, with no promise: wakes a candidate early. */
  onLeaseHint(listener: (text: string) => void): Disposable
}

export interface MasterBus extends AsyncDisposable {
  readonly link: Link
  readonly control: ControlStream
  /**
   * From the given sequence on (1 for everything kept), until `signal` aborts. What an agent said in one
   * message comes one by one, under one sequence.
   */
  followEvents(fromSeq: number, signal: AbortSignal): AsyncIterable<Delivery<EventEnvelope>>
  /** The last snapshot of every host, then all that follow. Parts are joined here. */
  followSnapshots(signal: AbortSignal): AsyncIterable<Delivery<Snapshot>>
  followEdges(signal: AbortSignal): AsyncIterable<Delivery<EdgeStatus>>
  /** The last word about every slice of every host's images and volumes, then all that follow. */
  followStock(signal: AbortSignal): AsyncIterable<Delivery<StockSlice>>
  /** Only reports of whoever may say them: the edge in it is the one that the subject names. */
  onRequests(listener: (report: RequestReport) => void): Disposable
  onHeartbeat(listener: (host: HostId, heartbeat: Heartbeat) => void): Disposable
  /**
   * Doubts every reading: each makes sure of its place anew and says `caught-up` once more. For a
   * master that begins to lead: a reading whose server has just died is silent for seconds, and looks
   * like one that is at the end.
   */
  recheck(): void
  /** Asks one agent; `unreachable` when nobody answers within `timeoutMs`. */
  command(
    host: HostId,
    command: Signed,
    timeoutMs: number,
  ): Promise<CommandReply | { readonly kind: 'unreachable' }>
  /**
   * Calls `handle` for every question of an agent whether a container may be touched, until `signal`
   * aborts. The host in it is the one whose agent asks: the subject says so, and the bus lets nobody
   * else use it. Masters that do not lead stay silent by resolving with `undefined`.
   */
  serveLetGo(
    handle: (request: LetGoRequest) => Promise<LetGoReply | undefined>,
    signal: AbortSignal,
  ): Promise<void>
  /**
   * Asks the other masters about the past; undefined when none answers in time. The answer is text as
   * it came: it is long, so it is for a thread that has the time to look whether it is one.
   */
  askPast(question: PastQuestion, timeoutMs: number): Promise<string | undefined>
  /**
   * Calls `handle` for every question of a master about the past, its own too, until `signal` aborts.
   * `undefined` is silence.
   */
  servePast(
    handle: (question: PastQuestion) => Promise<string | undefined>,
    signal: AbortSignal,
  ): Promise<void>
}

/** The head of an edge's table as stored, still unproven; `undefined` slice: not there (yet). */
export interface EdgeBus extends AsyncDisposable {
  readonly link: Link
  /** The newest manifest whenever there may be a new one: pushed, on reconnect, and polled. */
  followManifests(edge: EdgeId, signal: AbortSignal): AsyncIterable<Signed>
  /** Text of a slice by its digest, pushed or fetched; undefined when that text is not kept now. */
  slice(edge: EdgeId, bucket: number, digest: string): Promise<string | undefined>
  /** Text of an `EdgeObject` by its digest; undefined when that text is not kept now. */
  object(
    edge: EdgeId,
    named: NamedObject & { readonly digest: string },
  ): Promise<string | undefined>
  report(status: EdgeStatus): Promise<Stored>
  /** Fire and forget; false when it was certainly not sent. */
  tellRequests(report: RequestReport): boolean
}

type NamedObject = Pick<ObjectMention, 'kind' | 'name'>

/** Keys of the control stream. */
export const LEASE_KEY = 'lease'
export const DECISION_PREFIX = 'd.'
export const manifestKey = (site: string, edge: EdgeId): string => `t.${site}.${edge}`
export const sliceKey = (site: string, edge: EdgeId, bucket: number): string =>
  `p.${site}.${edge}.${bucket}`
export const objectKey = (site: string, edge: EdgeId, { kind, name }: NamedObject): string =>
  `o.${site}.${edge}.${kind}.${name}`
