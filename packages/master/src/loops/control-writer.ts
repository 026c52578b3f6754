import type { ControlStream } from '@roadstead/bus/ports.ts'
import { LEASE_KEY } from '@roadstead/bus/ports.ts'
import type { Clock } from '@roadstead/shared/kernel/clock.ts'
import type { Log } from '@roadstead/shared/kernel/log.ts'
import { Lease } from '@roadstead/shared/protocol/lease.ts'
import { settle } from '../core/election/settle.ts'
import type { LeaderWrite } from './leadership.ts'

export interface ControlWriterDeps {
  readonly control: Pick<ControlStream, 'readLease' | 'read' | 'write'>
  readonly clock: Clock
  readonly log: Log
  /** Asked before every write that is not the lease itself. */
  readonly mayAct: () => boolean
  /** The stream says that this leadership is over. */
  readonly onDeposed: () => void
}

/** A renewal also needs to know from when it counts. */
export type RenewalWrite = LeaderWrite & { readonly sentMs: number }

/** Tables of all edges of a large site at once; more means that the bus does not take them. */
const QUEUE_MAX = 4_096
/** After this many unknown outcomes a write is given back, so that the next ones get their turn. */
const ATTEMPTS_MAX = 3
const RETRY_MS = 50

/**
 * The leader's only hand on the control stream. One write at a time, each on top of the last, so the
 * server refuses everything as soon as anybody else has written. An outcome that nobody knows is
 * settled by reading before the next write goes out: a chain with a hole would fence out its owner.
 * The lease goes before everything else that waits.
 */
export class ControlWriter {
  readonly #deps: ControlWriterDeps
  readonly #queue: Item[] = []
  #reign: Reign | undefined
  #finishing = false
  #pumping = false

  constructor(deps: ControlWriterDeps) {
    this.#deps = deps
  }

  /** From now on writes go out for this lease, the first on top of `last`. */
  begin(lease: Lease, last: number): void {
    this.#reign = { lease, last }
    this.#finishing = false
  }

  /** The lease was renewed under another epoch; what was queued before still counts. */
  continueAs(lease: Lease): void {
    if (this.#reign !== undefined) this.#reign = { ...this.#reign, lease }
  }

  /** Ends the leadership: whatever waits is not written. */
  end(): void {
    this.#reign = undefined
    this.#dropQueue()
  }

  async write(key: string, text: string | undefined): Promise<LeaderWrite> {
    if (this.#queue.length >= QUEUE_MAX) return { kind: 'failed', error: 'too many writes wait' }
    return this.#enqueue({ key, text, always: false }, 'last')
  }

  /** Also while suspended: this is how a leadership resumes. */
  async writeLease(lease: Lease): Promise<RenewalWrite> {
    return this.#enqueue({ key: LEASE_KEY, text: JSON.stringify(lease), always: true }, 'first')
  }

  /** Gives the lease back after the write that is under way; nothing may follow it. */
  async finish(lease: Lease): Promise<void> {
    this.#finishing = true
    this.#dropQueue()
    await this.writeLease(lease)
    this.end()
  }

  #dropQueue(): void {
    for (const item of this.#queue.splice(0)) item.settle(this.#answer({ kind: 'not-leader' }))
  }

  #enqueue(write: Write, place: 'first' | 'last'): Promise<RenewalWrite> {
    const { promise, resolve } = Promise.withResolvers<RenewalWrite>()
    const item = { ...write, settle: resolve }
    if (place === 'first') this.#queue.unshift(item)
    else this.#queue.push(item)
    if (!this.#pumping) void this.#pump()
    return promise
  }

  /** Never rejects: every outcome is a value, and what waits gets its own. */
  async #pump(): Promise<void> {
    this.#pumping = true
    for (let item = this.#queue.shift(); item !== undefined; item = this.#queue.shift()) {
      item.settle(await this.#perform(item))
    }
    this.#pumping = false
  }

  async #perform(write: Write): Promise<RenewalWrite> {
    let error = ''
    for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt += 1) {
      const reign = this.#reign
      const mayWrite = write.always || (!this.#finishing && this.#deps.mayAct())
      if (reign === undefined || !mayWrite) return this.#answer({ kind: 'not-leader' })
      const sentMs = this.#deps.clock.monoMs()
      const outcome = await this.#deps.control.write(write.key, write.text, reign.last)
      if (outcome.kind === 'stored') {
        this.#builtUpTo(reign, outcome.seq)
        return { kind: 'stored', seq: outcome.seq, sentMs }
      }
      error = outcome.kind === 'unknown' ? outcome.error : `the stream ends at ${outcome.last}`
      const seq = await this.#settle(write, reign)
      if (seq !== undefined) return { kind: 'stored', seq, sentMs }
    }
    return this.#answer({ kind: 'failed', error })
  }

  /** Finds out where the stream stands; the sequence of `write` if it did land after all. */
  async #settle(write: Write, reign: Reign): Promise<number | undefined> {
    const { control, clock, log, onDeposed } = this.#deps
    try {
      const read = await control.readLease()
      const lease = read.lease && readLease(read.lease.text)
      const settled = settle(reign.lease, reign.last, { last: read.last, lease })
      if (settled.kind !== 'ours') {
        log.warn({ key: write.key, builtOn: reign.last, last: read.last }, 'leadership ended')
        if (this.#reign?.lease.instance === reign.lease.instance) onDeposed()
        return undefined
      }
      const landed = settled.last > reign.last
      this.#builtUpTo(reign, settled.last)
      const stored = landed ? await control.read(write.key) : undefined
      return stored !== undefined && stored.text === write.text ? stored.seq : undefined
    } catch (error) {
      log.debug({ err: error }, 'outcome of a write not known yet')
      await clock.sleep(RETRY_MS)
      return undefined
    }
  }

  #builtUpTo(reign: Reign, last: number): void {
    if (this.#reign?.lease.instance === reign.lease.instance) this.#reign = { ...this.#reign, last }
  }

  #answer(outcome: LeaderWrite): RenewalWrite {
    return { ...outcome, sentMs: this.#deps.clock.monoMs() }
  }
}

interface Reign {
  readonly lease: Lease
  readonly last: number
}

interface Write {
  readonly key: string
  readonly text: string | undefined
  readonly always: boolean
}

interface Item extends Write {
  readonly settle: (outcome: RenewalWrite) => void
}

/** A lease that cannot be read is nobody's. */
export function readLease(text: string): Lease | undefined {
  try {
    return Lease.safeParse(JSON.parse(text)).data
  } catch {
    return undefined
  }
}
