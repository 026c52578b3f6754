import type { Msg, NatsConnection, Subscription } from '@nats-io/transport-node'
import { Bell } from '@roadstead/shared/kernel/bell.ts'
import type { Clock } from '@roadstead/shared/kernel/clock.ts'
import { z } from 'zod'
import { ask } from './jetstream.ts'
import { type Pulled, readPulled } from './pull-wire.ts'

/** Which part of a stream is read, and how much of it at a time. */
export interface PullSpec {
  readonly stream: string
  readonly filter: string
  /** Messages asked for and not yet handled; with the size of a message, the bound of memory. */
  readonly batch: number
}

type Delivered = Extract<Pulled, { kind: 'message' }>

/** A pull is renewed this often while nothing comes; the server also tells that it is there. */
const PULL_MS = 10_000
const HEARTBEAT_MS = 1_000
/** Three heartbeats missed: the server with our consumer is gone or hangs. */
const SILENCE_MAX_MS = 3_500
/** The server forgets a consumer that nobody pulls from. */
const FORGET_MS = 30_000
const NANOS_PER_MS = 1_000_000

const ConsumerInfo = z.object({
  num_pending: z.int().nonnegative(),
  delivered: z.object({ consumer_seq: z.int().nonnegative() }),
})

/**
 * One consumer in the server, from its making to the first doubt about it. It never repairs itself:
 * on a hole in the count, on silence, on any odd answer it ends, and the follower makes another one
 * from the last message that was handled. At most one pull is outstanding, so the state is one number.
 */
export class PullSession implements Disposable {
  /** Messages that wait on the server behind what has been delivered; 0 means caught up. */
  readonly pendingAtStart: number
  readonly #client: NatsConnection
  readonly #spec: PullSpec
  readonly #name: string
  readonly #inbox: string
  readonly #clock: Clock
  readonly #bell = new Bell()
  readonly #queue: Delivered[] = []
  #subscription: Subscription | undefined
  #pulls = 0
  #outstanding = 0
  #deliveries = 0
  #lastSignMs: number
  #over: string | undefined

  private constructor(opening: Opening, name: string, pendingAtStart: number) {
    this.#client = opening.client
    this.#spec = opening.spec
    this.#clock = opening.clock
    this.#name = name
    this.#inbox = `${opening.inboxPrefix}.${name}`
    this.pendingAtStart = pendingAtStart
    this.#lastSignMs = opening.clock.monoMs()
  }

  /** Makes the consumer; a text says why that was not possible. */
  static async open(
    opening: Opening,
    name: string,
    fromSeq: number,
  ): Promise<PullSession | string> {
    const { client, spec } = opening
    const answer = await ask(
      client,
      `$JS.API.CONSUMER.CREATE.${spec.stream}.${name}.${spec.filter}`,
      { stream_name: spec.stream, config: consumerConfig(spec, name, fromSeq) },
    )
    if (answer.kind !== 'answer') return answer.error
    const info = ConsumerInfo.safeParse(answer.value)
    if (!info.success) return 'the answer to making a consumer cannot be read'
    const session = new PullSession(opening, name, info.data.num_pending)
    session.#listen()
    return session
  }

  /** The next message; undefined when the session is over (`why` then says so) or `signal` aborts. */
  async next(signal: AbortSignal): Promise<Delivered | undefined> {
    while (!signal.aborted) {
      const head = this.#queue.shift()
      this.#pullIfLow()
      if (head !== undefined) return head
      if (this.#over !== undefined) return undefined
      await this.#bell.rung(signal)
    }
    return undefined
  }

  get isOver(): boolean {
    return this.#over !== undefined
  }

  get why(): string {
    return this.#over ?? 'stopped'
  }

  end(why: string): void {
    this.#over ??= why
    this.#bell.ring()
  }

  lookForSilence(): void {
    if (this.#clock.monoMs() - this.#lastSignMs > SILENCE_MAX_MS) this.end('silence')
  }

  /** Looks for what heartbeats cannot show: a message that was delivered but never came. */
  async check(): Promise<void> {
    const before = this.#deliveries
    const { stream } = this.#spec
    const answer = await ask(
      this.#client,
      `$JS.API.CONSUMER.INFO.${stream}.${this.#name}`,
      undefined,
    )
    if (answer.kind === 'error') return this.end(answer.error)
    const info = ConsumerInfo.safeParse(answer.kind === 'answer' ? answer.value : undefined)
    if (!info.success || this.#deliveries !== before || this.#queue.length > 0) return
    if (info.data.delivered.consumer_seq > before) this.end('deliveries were lost')
  }

  [Symbol.dispose](): void {
    this.end('disposed')
    this.#subscription?.unsubscribe()
    if (this.#client.isClosed()) return
    // Tidiness only: an unused consumer is forgotten by the server anyway.
    this.#client.publish(`$JS.API.CONSUMER.DELETE.${this.#spec.stream}.${this.#name}`)
  }

  #listen(): void {
    this.#subscription = this.#client.subscribe(`${this.#inbox}.*`, {
      callback: (error, message) =>
        error === null ? this.#take(message) : this.end(error.message),
    })
    this.#pullIfLow()
  }

  #take(message: Msg): void {
    this.#lastSignMs = this.#clock.monoMs()
    const pulled = readPulled(message)
    switch (pulled.kind) {
      case 'message':
        if (pulled.delivery !== this.#deliveries + 1) return this.end('a hole in the deliveries')
        this.#deliveries = pulled.delivery
        this.#outstanding -= 1
        this.#queue.push(pulled)
        return this.#bell.ring()
      case 'pull-over':
        if (message.subject === this.#pullInbox()) this.#outstanding = 0
        return this.#pullIfLow()
      case 'consumer-gone':
        return this.end(pulled.why)
      case 'alive':
        return undefined
    }
  }

  #pullIfLow(): void {
    const low = this.#queue.length <= this.#spec.batch / 2
    if (this.#outstanding > 0 || !low || this.#over !== undefined) return
    if (this.#client.isClosed()) return this.end('closed')
    this.#pulls += 1
    this.#outstanding = this.#spec.batch
    const pull = {
      batch: this.#spec.batch,
      expires: PULL_MS * NANOS_PER_MS,
      idle_heartbeat: HEARTBEAT_MS * NANOS_PER_MS,
    }
    const subject = `$JS.API.CONSUMER.MSG.NEXT.${this.#spec.stream}.${this.#name}`
    this.#client.publish(subject, JSON.stringify(pull), { reply: this.#pullInbox() })
  }

  #pullInbox(): string {
    return `${this.#inbox}.${this.#pulls}`
  }
}

export interface Opening {
  readonly client: NatsConnection
  readonly inboxPrefix: string
  readonly spec: PullSpec
  readonly clock: Clock
}

function consumerConfig(spec: PullSpec, name: string, fromSeq: number): object {
  return {
    name,
    filter_subject: spec.filter,
    deliver_policy: 'by_start_sequence',
    opt_start_seq: fromSeq,
    ack_policy: 'none',
    replay_policy: 'instant',
    inactive_threshold: FORGET_MS * NANOS_PER_MS,
    // The cursor is ours; a copy of it in the server would only cost.
    num_replicas: 1,
    mem_storage: true,
    max_waiting: 8,
  }
}
