import type { InstanceId, MasterId } from '@roadstead/shared/kernel/ids.ts'
import { unreachable } from '@roadstead/shared/kernel/invariant.ts'
import type { Lease } from '@roadstead/shared/protocol/lease.ts'

/**
 * Who leads: decided here, performed by `loops/hold-lease.ts`.
 *
 * The problem. Two masters, one lease, and clocks, disks and networks that stop whenever they like. A
 * lease alone cannot keep two masters from writing, because a paused process does not know that it
 * was paused.
 *
 * The choice. Lease, decisions and tables live in one stream with one sequence. Every write names the
 * sequence it builds on, and there is one writer. A claim of the lease raises the sequence, so each
 * later write of the master before it is refused by the server, without any clock. What is left to
 * time is only when to try:
 *
 * - A candidate takes the lease when *it* has seen the record unchanged for the lease's length, on its
 *   own monotonic clock. Time in which it could not read does not count: a bus that was away for a
 *   minute is no reason to think that the leader was.
 * - A leader counts from the moment *before* it asked for a renewal, and stops acting after two thirds
 *   of the lease. It then is suspended, not deposed: it goes on trying to renew, and if that succeeds,
 *   nobody has claimed in between and it resumes in the same epoch.
 * - A write whose outcome nobody knows is settled by reading again (`settle.ts`).
 *
 * The epoch is the fencing token of everything outside the stream. It is raised above the lease's, this
 * disk's and every edge's, so that a wiped bus cannot lead back to an epoch that was used before.
 *
 * Refused: a lease that expires by itself in the bus (replicas expire by their own clocks and tell
 * nobody), compare-and-set by key (not atomic on replicated streams of older servers), and the
 * stream's sequence as the token (it restarts at 1 when the stream is wiped).
 */
export function decide(state: Election, input: Input, self: Self): Decision {
  switch (input.kind) {
    case 'read':
      return state.kind === 'candidate' ? afterRead(state, input, self) : stay(state)
    case 'hint':
      return stay({ ...state, floor: Math.max(state.floor, input.epoch) })
    case 'blind':
      return stay(state.kind === 'candidate' ? frozen(state, input.nowMs) : state)
    case 'claimed':
      return begin(state, input)
    case 'tick':
      return state.kind === 'leader' ? renewIfDue(state, input) : stay(state)
    case 'renewed':
      return state.kind === 'leader' ? renewed(state, input) : stay(state)
    case 'renewal-unknown':
      return stay(state.kind === 'leader' ? { ...state, renewDueMs: retryAt(state, input) } : state)
    case 'deposed':
      return standDown(state)
    case 'stop':
      return state.kind === 'leader' ? release(state) : stay(state)
    default:
      return unreachable(input)
  }
}

/** What a claimant says about itself. `instance` is random in every life of the process. */
export interface Self {
  readonly master: MasterId
  readonly instance: InstanceId
  readonly url: string
  readonly host: string
  readonly pid: number
}

/** Epochs that others know of: no claim may go below. */
export interface EpochFloors {
  /** The highest epoch that any edge ever accepted. */
  readonly acceptedMax: number
  /** The highest epoch in which an edge refused a table of this life as a second instance's. */
  readonly contestedMax: number
}

export interface Candidate {
  readonly kind: 'candidate'
  /** The highest epoch this master knows of: from its disk, its own leaderships, and leases read. */
  readonly floor: number
  /** The lease as last read, and for how long it has been seen unchanged. */
  readonly seen?: { readonly seq: number; readonly agedMs: number; readonly atMs: number }
}

export interface Leader {
  readonly kind: 'leader'
  readonly floor: number
  readonly lease: Lease
  /** From here on it is suspended: it may try to renew, and nothing else. */
  readonly validUntilMs: number
  readonly renewDueMs: number
}

export type Election = Candidate | Leader

export type Input =
  /** A lease seen for the first time counts from the answer, one seen again up to the question. */
  | {
      readonly kind: 'read'
      readonly askedMs: number
      readonly answeredMs: number
      readonly last: number
      readonly lease?: { readonly seq: number; readonly lease: Lease }
      readonly floors: EpochFloors
      /** The length that a lease of ours would have, on this bus. */
      readonly leaseMs: number
      readonly nowText: string
    }
  | { readonly kind: 'blind'; readonly nowMs: number }
  /** Somebody has written a lease of this epoch; it may have been overwritten since. */
  | { readonly kind: 'hint'; readonly epoch: number }
  | {
      readonly kind: 'claimed'
      readonly lease: Lease
      readonly seq: number
      readonly sentMs: number
    }
  | { readonly kind: 'tick'; readonly nowMs: number; readonly floors: EpochFloors }
  | { readonly kind: 'renewed'; readonly lease: Lease; readonly sentMs: number }
  | { readonly kind: 'renewal-unknown'; readonly nowMs: number }
  /** Another master holds the lease, or the stream has gone back behind our own writes. */
  | { readonly kind: 'deposed' }
  | { readonly kind: 'stop' }

export type Effect =
  | { readonly kind: 'claim'; readonly lease: Lease; readonly expectedLast: number }
  | { readonly kind: 'persist-epoch'; readonly epoch: number }
  /** From now on write for this lease, on top of this sequence. */
  | { readonly kind: 'lead'; readonly lease: Lease; readonly last: number }
  | { readonly kind: 'renew'; readonly lease: Lease }
  | { readonly kind: 'stand-down' }
  | { readonly kind: 'release'; readonly lease: Lease }

export interface Decision {
  readonly state: Election
  readonly effects: readonly Effect[]
}

/** Shares of the lease's length. */
export const RENEW_SHARE = 1 / 4
export const VALID_SHARE = 2 / 3
export const POLL_SHARE = 1 / 12
/** A reading gap longer than this many polls counts as this many: we may have been asleep. */
const POLLS_COUNTED_MAX = 3

/** May this master act at `nowMs`? A leader that may not is suspended. */
export function isActing(state: Election, nowMs: number): state is Leader {
  return state.kind === 'leader' && nowMs < state.validUntilMs
}

function afterRead(state: Candidate, read: ReadInput, self: Self): Decision {
  const { lease } = read
  const own = lease !== undefined && isOwn(lease.lease, self)
  if (own && lease.lease.epoch > state.floor) return adopt(state, lease.lease, read)
  const seen = lease === undefined ? undefined : aged(state, lease, read)
  // Remembered, so that a stream that is wiped now does not restart the count.
  const floor = Math.max(state.floor, lease?.lease.epoch ?? 0)
  const next: Candidate = { kind: 'candidate', floor, ...(seen && { seen }) }
  const free =
    lease === undefined ||
    seen === undefined ||
    // Ours, from an epoch we stood down from: the stream has gone back to it. Never resume there.
    own ||
    lease.lease.holder === null ||
    seen.agedMs >= lease.lease.leaseMs
  if (!free) return stay(next)
  const claim = newLease(epochAbove(floor, lease?.lease, read.floors), read, self)
  return { state: next, effects: [{ kind: 'claim', lease: claim, expectedLast: read.last }] }
}

type ReadInput = Extract<Input, { kind: 'read' }>

/** An instance is one life, so a lease of ours that we do not hold is a claim whose answer got lost. */
function isOwn(lease: Lease, self: Self): boolean {
  return lease.holder === self.master && lease.instance === self.instance
}

/** Nobody knows when that claim landed, so it starts suspended: its first renewal proves it. */
function adopt(state: Candidate, lease: Lease, read: ReadInput): Decision {
  const { askedMs, last } = read
  const leader = leaderWith(state, lease, askedMs - lease.leaseMs)
  return { state: { ...leader, renewDueMs: askedMs }, effects: leadWith(lease, last) }
}

function aged(
  state: Candidate,
  lease: { readonly seq: number; readonly lease: Lease },
  read: ReadInput,
): NonNullable<Candidate['seen']> {
  const { seen } = state
  const { askedMs, answeredMs } = read
  if (seen === undefined || seen.seq !== lease.seq) {
    return { seq: lease.seq, agedMs: 0, atMs: answeredMs }
  }
  const countedMax = POLLS_COUNTED_MAX * POLL_SHARE * lease.lease.leaseMs
  const passed = Math.max(0, Math.min(askedMs - seen.atMs, countedMax))
  return { seq: seen.seq, agedMs: seen.agedMs + passed, atMs: Math.max(seen.atMs, askedMs) }
}

function frozen(state: Candidate, nowMs: number): Candidate {
  return state.seen === undefined ? state : { ...state, seen: { ...state.seen, atMs: nowMs } }
}

function epochAbove(floor: number, lease: Lease | undefined, floors: EpochFloors): number {
  return Math.max(floor, lease?.epoch ?? 0, floors.acceptedMax, floors.contestedMax) + 1
}

function newLease(epoch: number, read: ReadInput, self: Self): Lease {
  const { leaseMs, nowText } = read
  const { master, instance, url, host, pid } = self
  return {
    v: 1,
    holder: master,
    instance,
    epoch,
    leaseMs,
    renewal: 0,
    url,
    host,
    pid,
    since: nowText,
  }
}

function begin(state: Election, claimed: Extract<Input, { kind: 'claimed' }>): Decision {
  const { lease, seq, sentMs } = claimed
  return { state: leaderWith(state, lease, sentMs), effects: leadWith(lease, seq) }
}

function leadWith(lease: Lease, last: number): readonly Effect[] {
  return [
    { kind: 'persist-epoch', epoch: lease.epoch },
    { kind: 'lead', lease, last },
  ]
}

function leaderWith(state: Election, lease: Lease, sentMs: number): Leader {
  return {
    kind: 'leader',
    floor: Math.max(state.floor, lease.epoch),
    lease,
    validUntilMs: sentMs + VALID_SHARE * lease.leaseMs,
    renewDueMs: sentMs + RENEW_SHARE * lease.leaseMs,
  }
}

function renewIfDue(state: Leader, tick: Extract<Input, { kind: 'tick' }>): Decision {
  const { floors, nowMs } = tick
  const { epoch } = state.lease
  // An edge that knows a higher epoch, or this one from somebody else, will never take our tables.
  const fencedOut = floors.acceptedMax > epoch || floors.contestedMax >= epoch
  if (!fencedOut && nowMs < state.renewDueMs) return stay(state)
  const raised = fencedOut ? epochAbove(state.floor, state.lease, floors) : epoch
  const lease: Lease = { ...state.lease, epoch: raised, renewal: state.lease.renewal + 1 }
  return { state, effects: [{ kind: 'renew', lease }] }
}

function renewed(state: Leader, input: Extract<Input, { kind: 'renewed' }>): Decision {
  const { lease, sentMs } = input
  const next = leaderWith(state, lease, sentMs)
  const raised = lease.epoch > state.lease.epoch
  return { state: next, effects: raised ? [{ kind: 'persist-epoch', epoch: lease.epoch }] : [] }
}

function retryAt(state: Leader, input: { readonly nowMs: number }): number {
  return input.nowMs + POLL_SHARE * state.lease.leaseMs
}

function standDown(state: Election): Decision {
  const candidate: Candidate = { kind: 'candidate', floor: state.floor }
  return { state: candidate, effects: state.kind === 'leader' ? [{ kind: 'stand-down' }] : [] }
}

function release(state: Leader): Decision {
  const lease: Lease = { ...state.lease, holder: null, renewal: state.lease.renewal + 1 }
  const candidate: Candidate = { kind: 'candidate', floor: state.floor }
  return { state: candidate, effects: [{ kind: 'release', lease }, { kind: 'stand-down' }] }
}

function stay(state: Election): Decision {
  return { state, effects: [] }
}
