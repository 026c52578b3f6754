import { z } from 'zod'
import { ContainerId, HostId } from '../kernel/ids.ts'
import { ROUTES_PER_CONTAINER_MAX } from '../kernel/limits.ts'
import { ServiceKey } from './route.ts'

const Since = z.string().max(40)

/** Random; names a run in URLs, decisions and logs. */
export const RunId = z
  .string()
  .regex(/^[0-9a-f]{16}$/, 'must be 16 hexadecimal digits')
  .brand('RunId')
export type RunId = z.infer<typeof RunId>

/** `let-go`: somebody stops a container through the drain-aware socket of its host. */
export const RunVerb = z.enum(['drain', 'undrain', 'restart', 'rollout', 'let-go'])
export type RunVerb = z.infer<typeof RunVerb>

export const ContainerRef = z.object({ host: HostId, container: ContainerId })
export type ContainerRef = z.infer<typeof ContainerRef>

/** Containers of one run; a rollout of more is refused: nobody follows it, and its list is one message. */
export const RUN_MEMBERS_MAX = 200
export const RUN_LOG_MAX = 200

/** New ones go to the end: records name them by their place. */
export const RunPhase = z.enum([
  'waiting',
  'draining',
  'acting',
  'returning',
  'done',
  'left',
  'failed',
])
export type RunPhase = z.infer<typeof RunPhase>

/**
 * How far one container of a run has come. A run is carried out by whoever leads, from this record
 * and what the graph and the edges say: it survives the leader that began it.
 *
 * `waiting`: its turn has not come. `draining`: taken out, not every edge is quiet yet. `acting`: the
 * agent was asked. `returning`: acted on, not ready yet. `left`: it was let go and is gone.
 */
export const RunMember = ContainerRef.extend({
  /** For people: `<host name>/<container name>`. */
  path: z.string().max(512),
  phase: RunPhase,
  /** The container's `startedAt` before it was acted on: whether it was, can be seen from this. */
  startedAt: z.string().max(64).optional(),
  /**
   * Of who is let go: endpoints that each service it asks for had before it was taken out. Once it is
   * gone nothing else tells whom it served.
   */
  servingBefore: z
    .array(z.object({ service: ServiceKey, endpoints: z.int().nonnegative() }))
    .max(ROUTES_PER_CONTAINER_MAX)
    .optional(),
})
export type RunMember = z.infer<typeof RunMember>

export const RunLogLine = z.object({ at: Since, text: z.string().max(512) })
export type RunLogLine = z.infer<typeof RunLogLine>

/** One execution of an action, with what became of it; kept as a decision, so that every master has it. */
export const Run = z.object({
  id: RunId,
  verb: RunVerb,
  /** What was asked for, as it was written. */
  target: z.string().max(512),
  /** Of a rollout. */
  service: ServiceKey.optional(),
  /** Everything on this host is concerned; `members` are those of it that were routed. */
  host: HostId.optional(),
  /** Routed containers of that host that are taken out, too, but are beyond those watched in `members`. */
  unwatched: z.int().positive().optional(),
  by: z.string().max(128),
  why: z.string().max(256),
  since: Since,
  /** Containers at a time, for a rollout. */
  atOnce: z.int().min(1).max(100),
  state: z.enum(['running', 'done', 'failed', 'cancelled']),
  endedAt: Since.optional(),
  members: z.array(RunMember).max(RUN_MEMBERS_MAX),
  log: z.array(RunLogLine).max(RUN_LOG_MAX),
  /** After a failure: what to type to go on. */
  remedy: z.string().max(512).optional(),
})
export type Run = z.infer<typeof Run>

/** Lines of a log that are kept in one part; a record carries fewer of its own. */
export const RUN_CHUNK_LINES = 20
/** As many as hold the whole log, and one that is being written. */
export const RUN_CHUNKS_MAX = RUN_LOG_MAX / RUN_CHUNK_LINES + 1

/**
 * A run as the control stream has it. One of many members is written again at each of hundreds of
 * steps; so what never changes, and what has been said, are parts of their own, written once.
 */
export const RunRecord = Run.extend({
  /**
   * Absent: all of it is in this record. Else `members` are those that are begun and not settled, and
   * `log` is its end.
   */
  split: z
    .object({
      /** Of every member, in the order of the list of members, by its place in `RunPhase`. */
      phases: z
        .string()
        .regex(/^[0-9]*$/)
        .max(RUN_MEMBERS_MAX),
      /** Chunks of the log that were filled so far. */
      chunks: z.int().nonnegative(),
    })
    .optional(),
})
export type RunRecord = z.infer<typeof RunRecord>

/** A member as it was before anything happened. */
export const RunSeat = RunMember.pick({ host: true, container: true, path: true })
export type RunSeat = z.infer<typeof RunSeat>

/** What somebody does to a container through the drain-aware socket. */
export const LetGoAction = z.enum(['stop', 'restart', 'kill', 'remove'])
export type LetGoAction = z.infer<typeof LetGoAction>

/**
 * An agent's question to the leader: may this container be touched? It is asked again and again with
 * the same `hold` until the answer is `go` or the agent's own limit is reached, and once more with
 * `over` when the engine has answered.
 */
export const LetGoRequest = z.object({
  v: z.literal(1),
  hold: RunId,
  host: HostId,
  container: ContainerId,
  action: LetGoAction,
  phase: z.enum(['ask', 'over']),
  /** How long the agent will still wait for a `go`. 0: it has gone on, and the engine is at it. */
  leftMs: z.int().nonnegative(),
  /** The agent has gone on without a `go`. */
  gaveUp: z.boolean(),
})
export type LetGoRequest = z.infer<typeof LetGoRequest>

export const LetGoReply = z.discriminatedUnion('kind', [
  /** `why` is for the log and for people. */
  z.object({ kind: z.literal('wait'), why: z.string().max(256) }),
  z.object({ kind: z.literal('go'), why: z.enum(['not-routed', 'quiet', 'noted']) }),
])
export type LetGoReply = z.infer<typeof LetGoReply>
