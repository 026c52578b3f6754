import { z } from 'zod'
import {
  LEASE_KEY,
  type ControlEntry,
  type ControlStream,
  type ControlWrite,
  type Delivery,
} from '../ports.ts'
import { readEntries } from '../raw.ts'
import { controlSubject, CONTROL_PREFIX, republishedSubject } from '../subjects.ts'
import { type FollowDeps, followStream } from './follow-stream.ts'
import { ask, KV_OPERATION, publish, REQUEST_MS } from './jetstream.ts'
import { controlWriteFrom } from './outcome.ts'
import { RoadsteadError } from '@roadstead/shared/kernel/roadstead-error.ts'

/**
 * The control stream by plain publishes that name the sequence they build on. Not by the client's
 * key-value helpers: their compare-and-set looks at one key only, and on a replicated stream of
 * older servers lets two writers win.
 */
export class NatsControlStream implements ControlStream {
  readonly #deps: FollowDeps

  constructor(deps: FollowDeps) {
    this.#deps = deps
  }

  async readLease(): ReturnType<ControlStream['readLease']> {
    const info = StreamState.safeParse(await this.#ask(`$JS.API.STREAM.INFO.${STREAM}`, undefined))
    if (!info.success) throw new RoadsteadError('bus-unsuitable', { stream: STREAM })
    const last = info.data.state.last_seq
    const lease = await this.read(LEASE_KEY)
    return lease?.text === undefined
      ? { last }
      : { last, lease: { seq: lease.seq, text: lease.text } }
  }

  /** Asks the stream's leader, so what it answers is the newest. */
  async read(key: string): Promise<ControlEntry | undefined> {
    const subject = controlSubject(key)
    const answer = await this.#ask(`$JS.API.STREAM.MSG.GET.${STREAM}`, { last_by_subj: subject })
    if (answer === undefined) return undefined
    const stored = StoredMessage.safeParse(answer)
    if (!stored.success) throw new RoadsteadError('bus-unsuitable', { stream: STREAM, key })
    const { seq, data, hdrs } = stored.data.message
    const deleted = Buffer.from(hdrs, 'base64').toString().includes(`${KV_OPERATION}: `)
    return deleted ? { key, seq } : { key, seq, text: Buffer.from(data, 'base64').toString() }
  }

  async write(key: string, text: string | undefined, expectedLast: number): Promise<ControlWrite> {
    const client = this.#deps.connection.client()
    if (client === undefined) return { kind: 'unknown', error: 'not connected' }
    const expectation = { lastSequence: expectedLast, kvDelete: text === undefined }
    return controlWriteFrom(
      await publish(client, controlSubject(key), text ?? '', expectation, this.#writeMs()),
    )
  }

  follow(signal: AbortSignal): AsyncIterable<Delivery<ControlEntry>> {
    const filter = `${CONTROL_PREFIX}>`
    const spec = { stream: STREAM, filter, batch: BATCH, fromSeq: 1, history: false }
    return readEntries(followStream(spec, this.#deps, signal))
  }

  onLeaseHint(listener: (text: string) => void): Disposable {
    const subject = republishedSubject(LEASE_KEY)
    return this.#deps.connection.subscribe(subject, (message) => listener(message.string()))
  }

  async #ask(subject: string, body: unknown): Promise<unknown> {
    const client = this.#deps.connection.client()
    if (client === undefined) throw new RoadsteadError('bus-unreachable')
    const answer = await ask(client, subject, body, this.#writeMs())
    if (answer.kind === 'answer') return answer.value
    if (answer.kind === 'error' && answer.code === NO_MESSAGE) return undefined
    throw new RoadsteadError('bus-unreachable', { subject, answer: answer.error })
  }

  /** A lease of two seconds leaves time for two attempts at half a second; three copies take longer. */
  #writeMs(): number {
    const servers = this.#deps.connection.link.server()?.servers ?? 1
    return servers > 1 ? REQUEST_MS / 2 : REQUEST_MS / 3
  }
}

const STREAM = 'KV_CTL'
const NO_MESSAGE = 10_037
/** Texts of half a megabyte at most: 32 MiB in the worst case. */
const BATCH = 64

const StreamState = z.object({ state: z.object({ last_seq: z.int().nonnegative() }) })

const StoredMessage = z.object({
  message: z.object({
    seq: z.int().positive(),
    data: z.base64().default(''),
    hdrs: z.base64().default(''),
  }),
})
