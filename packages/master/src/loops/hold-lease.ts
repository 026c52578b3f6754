import type { ControlStream, Link } from '@roadstead/bus/ports.ts'
import { LEASE_KEY } from '@roadstead/bus/ports.ts'
import { Bell } from '@roadstead/shared/kernel/bell.ts'
import type { Clock } from '@roadstead/shared/kernel/clock.ts'
import { unreachable } from '@roadstead/shared/kernel/invariant.ts'
import { LEASE_CLUSTER_MS, LEASE_SINGLE_MS } from '@roadstead/shared/kernel/limits.ts'
import type { Log } from '@roadstead/shared/kernel/log.ts'
import type { Lease } from '@roadstead/shared/protocol/lease.ts'
import {
  decide,
  type Effect,
  type Election,
  type EpochFloors,
  type Input,
  POLL_SHARE,
  type Self,
} from '../core/election/decide.ts'
import { ControlWriter, readLease } from './control-writer.ts'
import { type Leadership, LeadershipCell } from './leadership.ts'

/** The highest epoch this master ever led in, on its own disk. */
export interface EpochFile {
  read(): Promise<number>
  write(epoch: number): Promise<void>
}

export interface HoldLeaseDeps {
  readonly self: Self
  readonly control: Pick<ControlStream, 'readLease' | 'read' | 'write' | 'onLeaseHint'>
  readonly link: Pick<Link, 'server'>
  readonly epochFile: EpochFile
  /** What the edges' statuses say about epochs, as known now. */
  readonly floors: () => EpochFloors
  readonly clock: Clock
  readonly log: Log
}

/** How long a clean stop waits for a write that is under way. */
const DRAIN_MS = 300

/**
 * Takes part in the election and keeps the lease while it leads. Other loops hold it as `Leadership`;
 * `run` is the loop. On a clean stop the lease is given back, and the standby takes over at once.
 */
export class LeaseHolder implements Leadership {
  readonly #deps: HoldLeaseDeps
  readonly #cell: LeadershipCell
  readonly #writer: ControlWriter
  readonly #bell = new Bell()
  #election: Election = { kind: 'candidate', floor: 0 }
  #deposed = false

  constructor(deps: HoldLeaseDeps) {
    const { clock, control, log } = deps
    this.#deps = deps
    this.#cell = new LeadershipCell(clock)
    this.#writer = new ControlWriter({
      control,
      clock,
      log,
      mayAct: () => this.#cell.acting(),
      onDeposed: () => this.#onDeposed(),
    })
  }

  state(): ReturnType<Leadership['state']> {
    return this.#cell.state()
  }

  onChange(listener: () => void): Disposable {
    return this.#cell.onChange(listener)
  }

  write(key: string, text: string | undefined): ReturnType<Leadership['write']> {
    return this.#writer.write(key, text)
  }

  async run(signal: AbortSignal): Promise<void> {
    const { control, epochFile } = this.#deps
    using _hint = control.onLeaseHint((text) => this.#hinted(text))
    using _cell = this.#cell
    this.#election = { kind: 'candidate', floor: await epochFile.read() }
    while (!signal.aborted) {
      await (this.#election.kind === 'candidate' ? this.#campaign() : this.#reign())
      await this.#rest(signal)
    }
    await this.#apply({ kind: 'stop' })
  }

  /** One look at the lease, and a claim if it is free. */
  async #campaign(): Promise<void> {
    const { clock, control, floors, log } = this.#deps
    const askedMs = clock.monoMs()
    try {
      const read = await control.readLease()
      const lease = read.lease && readLease(read.lease.text)
      this.#cell.setOther(lease)
      await this.#apply({
        kind: 'read',
        askedMs,
        answeredMs: clock.monoMs(),
        last: read.last,
        ...(read.lease && lease && { lease: { seq: read.lease.seq, lease } }),
        floors: floors(),
        leaseMs: this.#leaseMs(),
        nowText: new Date(clock.wallMs()).toISOString(),
      })
    } catch (error) {
      log.debug({ err: error }, 'lease not read')
      await this.#apply({ kind: 'blind', nowMs: clock.monoMs() })
    }
  }

  async #reign(): Promise<void> {
    const { clock, floors } = this.#deps
    if (this.#deposed) return this.#apply({ kind: 'deposed' })
    await this.#apply({ kind: 'tick', nowMs: clock.monoMs(), floors: floors() })
  }

  async #apply(input: Input): Promise<void> {
    const { state, effects } = decide(this.#election, input, this.#deps.self)
    this.#election = state
    for (const effect of effects) await this.#perform(effect)
    this.#cell.set(this.#election)
  }

  async #perform(effect: Effect): Promise<void> {
    switch (effect.kind) {
      case 'claim':
        return this.#claim(effect.lease, effect.expectedLast)
      case 'persist-epoch':
        return this.#persist(effect.epoch)
      case 'lead':
        this.#deposed = false
        this.#deps.log.info({ epoch: effect.lease.epoch }, 'leadership taken')
        return this.#writer.begin(effect.lease, effect.last)
      case 'renew':
        return this.#renew(effect.lease)
      case 'stand-down':
        this.#deps.log.warn({}, 'leadership given up')
        return this.#writer.end()
      case 'release':
        return this.#release(effect.lease)
      default:
        return unreachable(effect)
    }
  }

  async #claim(lease: Lease, expectedLast: number): Promise<void> {
    const { clock, control, log } = this.#deps
    const sentMs = clock.monoMs()
    const outcome = await control.write(LEASE_KEY, JSON.stringify(lease), expectedLast)
    log.debug({ epoch: lease.epoch, outcome: outcome.kind }, 'lease claimed')
    // Anything else: the next look shows whose it is, also if this claim did land.
    if (outcome.kind === 'stored') {
      await this.#apply({ kind: 'claimed', lease, seq: outcome.seq, sentMs })
    }
  }

  async #renew(lease: Lease): Promise<void> {
    const outcome = await this.#writer.writeLease(lease)
    if (outcome.kind === 'stored') {
      await this.#apply({ kind: 'renewed', lease, sentMs: outcome.sentMs })
      this.#writer.continueAs(lease)
      return
    }
    const { clock, log } = this.#deps
    log.warn({ epoch: lease.epoch, outcome: outcome.kind }, 'lease not renewed')
    await this.#apply(
      this.#deposed ? { kind: 'deposed' } : { kind: 'renewal-unknown', nowMs: clock.monoMs() },
    )
  }

  async #persist(epoch: number): Promise<void> {
    const { epochFile, log } = this.#deps
    try {
      await epochFile.write(epoch)
    } catch (error) {
      // The edges keep the same floor; a full disk must not keep a site without a leader.
      log.error({ err: error, epoch }, 'epoch not kept on disk')
    }
  }

  async #release(lease: Lease): Promise<void> {
    const limit = this.#deps.clock.sleep(DRAIN_MS)
    await Promise.race([this.#writer.finish(lease), limit])
  }

  /** Called from within a write: the loop takes it from there. */
  #onDeposed(): void {
    this.#deposed = true
    this.#writer.end()
    this.#bell.ring()
  }

  /**
   * Each lease is heard of, also one that is overwritten before anybody looks: what stands there now may
   * be no lease at all, and the epoch of the one before must not be used a second time.
   */
  #hinted(text: string): void {
    const { self } = this.#deps
    const { epoch, instance } = readLease(text) ?? {}
    // Our own may be a claim whose answer is still to come.
    if (epoch !== undefined && instance !== self.instance) {
      this.#election = decide(this.#election, { kind: 'hint', epoch }, self).state
    }
    if (this.#election.kind === 'candidate') this.#bell.ring()
  }

  async #rest(signal: AbortSignal): Promise<void> {
    const { clock } = this.#deps
    using _timer = clock.after(this.#restMs(), () => this.#bell.ring())
    await this.#bell.rung(signal)
  }

  #restMs(): number {
    const election = this.#election
    if (this.#deposed && election.kind === 'leader') return 0
    const pollMs = POLL_SHARE * this.#leaseMs()
    if (election.kind === 'candidate') return pollMs
    // Also between renewals, to see edges that refuse this epoch.
    return Math.min(pollMs, Math.max(0, election.renewDueMs - this.#deps.clock.monoMs()))
  }

  #leaseMs(): number {
    const servers = this.#deps.link.server()?.servers ?? 1
    return servers > 1 ? LEASE_CLUSTER_MS : LEASE_SINGLE_MS
  }
}
