import { EVENT_BYTES_MAX } from '@roadstead/shared/kernel/limits.ts'

/**
 * The streams, as data. They are created once by the provisioner and never changed by anybody else;
 * every other role compares what is there with this list. Old servers take options they do not know
 * without a word, so a configuration counts only after it has been read back.
 *
 * Nothing here is the only copy of a truth: JetStream acknowledges before it syncs to disk, and each
 * of these streams may be wiped without more than a delay.
 */
export interface StreamPlan {
  readonly name: 'EVT' | 'SNAP' | 'FACT' | 'EDGE' | 'KV_CTL'
  readonly subjects: readonly string[]
  readonly maxAgeMs: number
  /** A ceiling, not a reservation: file storage grows with what is stored. */
  readonly maxBytes: number
  /** Messages kept per subject; -1 keeps all. */
  readonly perSubjectMax: number
  readonly messageBytesMax: number
  readonly discard: 'old' | 'new'
  readonly duplicateWindowMs: number
  readonly allowDirect: boolean
  readonly denyDelete: boolean
  readonly denyPurge: boolean
  readonly republish?: { readonly from: string; readonly to: string }
  readonly why: string
}

const MIB = 1024 * 1024
const HOUR_MS = 3_600_000

export const streamPlans: readonly StreamPlan[] = [
  {
    name: 'EVT',
    subjects: ['rs.v1.evt.>'],
    maxAgeMs: 24 * HOUR_MS,
    maxBytes: 2_048 * MIB,
    perSubjectMax: -1,
    messageBytesMax: EVENT_BYTES_MAX,
    discard: 'old',
    duplicateWindowMs: 120_000,
    allowDirect: false,
    denyDelete: true,
    denyPurge: true,
    why: 'Observations and news of a day; losing them costs history, not state.',
  },
  {
    name: 'SNAP',
    subjects: ['rs.v1.snap.>'],
    maxAgeMs: 7 * 24 * HOUR_MS,
    maxBytes: 1_024 * MIB,
    perSubjectMax: 1,
    messageBytesMax: MIB,
    discard: 'old',
    duplicateWindowMs: 120_000,
    allowDirect: false,
    denyDelete: true,
    denyPurge: true,
    why: 'The last snapshot of every host: what a master starts from.',
  },
  {
    name: 'FACT',
    subjects: ['rs.v1.fact.>'],
    maxAgeMs: 30 * 24 * HOUR_MS,
    maxBytes: 1_024 * MIB,
    perSubjectMax: 1,
    messageBytesMax: EVENT_BYTES_MAX,
    discard: 'old',
    duplicateWindowMs: 120_000,
    allowDirect: false,
    denyDelete: true,
    denyPurge: true,
    why: 'Images and volumes of every host: asked for by people, and routed by nobody.',
  },
  {
    name: 'EDGE',
    subjects: ['rs.v1.edge.>'],
    maxAgeMs: 24 * HOUR_MS,
    maxBytes: 128 * MIB,
    perSubjectMax: 1,
    messageBytesMax: EVENT_BYTES_MAX,
    discard: 'old',
    duplicateWindowMs: 120_000,
    allowDirect: false,
    denyDelete: true,
    denyPurge: true,
    why: 'The last status of every edge: what is in force, and the floors of epochs.',
  },
  {
    name: 'KV_CTL',
    subjects: ['$KV.CTL.>'],
    // No age: a lease that expires by itself would be a second clock, on the wrong machine.
    maxAgeMs: 0,
    maxBytes: 512 * MIB,
    perSubjectMax: 1,
    messageBytesMax: MIB,
    // A full control stream must refuse the new write, not forget an old table.
    discard: 'new',
    // The least the server takes: repeats are shut out by the expected sequence already.
    duplicateWindowMs: 100,
    allowDirect: true,
    denyDelete: true,
    denyPurge: true,
    republish: { from: '$KV.CTL.>', to: 'rs.v1.ctl.>' },
    why: 'Lease, decisions and tables in one sequence: the domain that a claim of the lease fences.',
  },
]

/** Three copies where there are three servers; two servers lose their quorum with either one. */
export function replicasFor(servers: number): 1 | 3 {
  return servers >= 3 ? 3 : 1
}

/** A stream's configuration as a server reports it, in the server's own words. */
export type StreamFacts = Readonly<Record<string, unknown>>

/** The wire form of a plan, as the server takes it and as it must be read back. */
export function streamConfig(plan: StreamPlan, replicas: number): StreamFacts {
  return {
    name: plan.name,
    subjects: plan.subjects,
    retention: 'limits',
    storage: 'file',
    num_replicas: replicas,
    max_age: plan.maxAgeMs * NANOS_PER_MS,
    max_bytes: plan.maxBytes,
    max_msgs: -1,
    max_consumers: -1,
    max_msgs_per_subject: plan.perSubjectMax,
    max_msg_size: plan.messageBytesMax,
    discard: plan.discard,
    duplicate_window: plan.duplicateWindowMs * NANOS_PER_MS,
    allow_direct: plan.allowDirect,
    deny_delete: plan.denyDelete,
    deny_purge: plan.denyPurge,
    ...(plan.republish && { republish: { src: plan.republish.from, dest: plan.republish.to } }),
  }
}

const NANOS_PER_MS = 1_000_000

/**
 * What a stream has that it should not have, one line each. Replicas are left to the operator:
 * fewer than planned is a risk worth a warning, not a reason to stop.
 */
export function differences(plan: StreamPlan, actual: StreamFacts): string[] {
  const planned = streamConfig(plan, 1)
  return Object.entries(planned)
    .filter(([field]) => field !== 'num_replicas')
    .filter(([field, value]) => !sameFact(value, actual[field]))
    .map(
      ([field, value]) =>
        `${plan.name}.${field} is ${JSON.stringify(actual[field])}, not ${JSON.stringify(value)}`,
    )
}

function sameFact(planned: unknown, actual: unknown): boolean {
  // Servers leave out what is false or empty.
  if (planned === false || planned === 0) return actual === planned || actual === undefined
  if (Array.isArray(planned)) return JSON.stringify(planned) === JSON.stringify(actual)
  if (typeof planned === 'object' && planned !== null) {
    if (typeof actual !== 'object' || actual === null) return false
    const facts = new Map(Object.entries(actual))
    return Object.entries(planned).every(([field, value]) => sameFact(value, facts.get(field)))
  }
  return planned === actual
}
