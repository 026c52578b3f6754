import type { Clock } from '@roadstead/shared/kernel/clock.ts'
import type { InstanceId } from '@roadstead/shared/kernel/ids.ts'
import type { Lease } from '@roadstead/shared/protocol/lease.ts'
import { type Election, isActing } from '../core/election/decide.ts'

/** Whether this master may act now; evaluated against the clock at every call. */
export type LeadershipState =
  | {
      readonly kind: 'leader'
      readonly epoch: number
      readonly instance: InstanceId
      readonly lease: Lease
    }
  /** It led and cannot renew at the moment: act on nothing, keep everything ready. */
  | { readonly kind: 'suspended'; readonly epoch: number; readonly lease: Lease }
  /** `leader` absent: nobody leads, or the bus cannot be read. */
  | { readonly kind: 'standby'; readonly leader?: Lease }

/** The fate of a write by the leader. */
export type LeaderWrite =
  | { readonly kind: 'stored'; readonly seq: number }
  /** Not stored, and this master may not write now; whoever leads will write what is right. */
  | { readonly kind: 'not-leader' }
  /** Not known to be stored. Look at the state again later and write what is right then. */
  | { readonly kind: 'failed'; readonly error: string }

/** What the other loops see of the election. */
export interface Leadership {
  state(): LeadershipState
  /** Fires on every change of kind, epoch or leader; ask `state()` then. */
  onChange(listener: () => void): Disposable
  /** Writes a key of the control stream, fenced; `text` undefined deletes it. Never throws. */
  write(key: string, text: string | undefined): Promise<LeaderWrite>
}

/** The one place where the state of the election is kept; `hold-lease` sets it, all others look. */
export class LeadershipCell {
  readonly #clock: Clock
  readonly #listeners = new Set<() => void>()
  #election: Election = { kind: 'candidate', floor: 0 }
  #other: Lease | undefined
  #told = ''
  #expiry: Disposable | undefined

  constructor(clock: Clock) {
    this.#clock = clock
  }

  state(): LeadershipState {
    const election = this.#election
    if (election.kind === 'candidate') {
      return this.#other === undefined
        ? { kind: 'standby' }
        : { kind: 'standby', leader: this.#other }
    }
    const { lease } = election
    const { epoch, instance } = lease
    return isActing(election, this.#clock.monoMs())
      ? { kind: 'leader', epoch, instance, lease }
      : { kind: 'suspended', epoch, lease }
  }

  acting(): boolean {
    return this.state().kind === 'leader'
  }

  onChange(listener: () => void): Disposable {
    this.#listeners.add(listener)
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) }
  }

  set(election: Election): void {
    this.#election = election
    this.#expiry?.[Symbol.dispose]()
    this.#expiry = undefined
    if (election.kind === 'leader') {
      const left = Math.max(0, election.validUntilMs - this.#clock.monoMs())
      // One more, so that the clock has passed the moment when the listeners ask.
      this.#expiry = this.#clock.after(left + 1, () => this.#tell())
    }
    this.#tell()
  }

  /** The lease of another master as last read; undefined when nobody holds it or none can be read. */
  setOther(lease: Lease | undefined): void {
    this.#other = lease?.holder === null ? undefined : lease
    this.#tell()
  }

  [Symbol.dispose](): void {
    this.#expiry?.[Symbol.dispose]()
  }

  #tell(): void {
    const state = this.state()
    const lease = state.kind === 'standby' ? state.leader : state.lease
    const now = `${state.kind} ${lease?.epoch} ${lease?.instance}`
    if (now === this.#told) return
    this.#told = now
    for (const listener of this.#listeners) listener()
  }
}
