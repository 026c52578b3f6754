import { z } from 'zod'
import { ContainerId, ShortHash, SiteId } from '../kernel/ids.ts'
import { SNAPSHOT_PARTS_MAX } from '../kernel/limits.ts'
import { Container } from './container.ts'
import { HostFacts, Network, NETWORKS_PER_HOST_MAX } from './host.ts'
import { News } from './news.ts'
import { Stamp } from './stamp.ts'

/**
 * What made the agent look, and when each hand took it: this is how a change is timed from the
 * engine's event to the first answer. Wall-clock times, for people and histograms only.
 */
export const Cause = z.object({
  /** The engine's word, for example `start`, or ours: `list`, `resync`, `readiness`. */
  action: z.string().max(64),
  /** The engine's own time of the event in nanoseconds: too large for a JSON number, so text. */
  timeNano: z
    .string()
    .regex(/^[0-9]{1,20}$/)
    .optional(),
  /** When the agent had the event, and when it had published what it saw. */
  seenAtMs: z.number(),
})
export type Cause = z.infer<typeof Cause>

/** A stamped statement of state by an agent. Only these are folded; events are news. */
export const Observation = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('container-seen'),
    stamp: Stamp,
    container: Container,
    cause: Cause,
  }),
  z.object({
    kind: z.literal('container-gone'),
    stamp: Stamp,
    containerId: ContainerId,
    name: z.string().max(256),
    cause: Cause,
  }),
  z.object({
    kind: z.literal('host-seen'),
    stamp: Stamp,
    facts: HostFacts,
    networks: z.array(Network).max(NETWORKS_PER_HOST_MAX),
    cause: Cause,
  }),
  /** Carries no state; counted in the same sequence, so that a lost one is noticed too. */
  z.object({ kind: z.literal('news'), stamp: Stamp, news: News }),
])
export type Observation = z.infer<typeof Observation>

/**
 * Everything on a host at one stamp. It replaces the host's group as a whole: a container that is
 * not in it is gone, by the engine's own successful answer.
 */
export const Snapshot = z.object({
  kind: z.literal('snapshot'),
  /** `seq` is that of the last observation it includes. */
  stamp: Stamp,
  facts: HostFacts,
  networks: z.array(Network).max(NETWORKS_PER_HOST_MAX),
  containers: z.array(Container).max(20_000),
  stateHash: ShortHash,
  cause: Cause,
})
export type Snapshot = z.infer<typeof Snapshot>

/** One message of a snapshot; `body` is gzipped JSON of the whole, cut, in base64. */
export const SnapshotPart = z.object({
  v: z.literal(1),
  site: SiteId,
  stamp: Stamp,
  part: z.int().nonnegative(),
  parts: z.int().positive().max(SNAPSHOT_PARTS_MAX),
  /** SHA-256 of the whole gzipped body: parts of different snapshots are never joined. */
  digest: z.string().length(64),
  body: z.string(),
})
export type SnapshotPart = z.infer<typeof SnapshotPart>

/** Statements in one message: what a busy agent has to say within a few milliseconds, and 100 KB. */
export const STATEMENTS_PER_MESSAGE_MAX = 64

/**
 * The envelope of observations on the bus, a CloudEvent in structured mode. `id` is also the
 * message id by which the stream drops repeats.
 */
export const EventEnvelope = z.object({
  specversion: z.literal('1.0'),
  id: z.string().max(128),
  source: z.string().max(128),
  type: z.string().max(64),
  time: z.string().max(40),
  datacontenttype: z.literal('application/json'),
  site: SiteId,
  /** Kept back while the bus was away and sent after a snapshot: history, not state. */
  replay: z.boolean().optional(),
  data: Observation,
  /** What the same agent said right after it, in the order of its count. */
  more: z
    .array(Observation)
    .max(STATEMENTS_PER_MESSAGE_MAX - 1)
    .optional(),
})
export type EventEnvelope = z.infer<typeof EventEnvelope>
