import { z } from 'zod'
import { ContainerId, HostId } from '../kernel/ids.ts'
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

/** Containers of one run; a rollout of more is refused, since its record must fit into one message. */
export const RUN_MEMBERS_MAX = 200
export const RUN_LOG_MAX = 200

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
  phase: z.enum(['waiting', 'draining', 'acting', 'returning', 'done', 'left', 'failed']),
  /** The container's `startedAt` before it was acted on: whether it was, can be seen from this. */
  startedAt: z.string().max(64).optional(),
  /** Endpoints that its services had in all before it was taken out. */
  servingBefore: z.int().nonnegative().optional(),
})
export type RunMember = z.infer<typeof RunMember>

/** One execution of an action, with what became of it; kept as a decision, so that every master has it. */
export const Run = z.object({
  id: RunId,
  verb: RunVerb,
  /** What was asked for, as it was written. */
  target: z.string().max(512),
  service: ServiceKey.optional(),
  /** Everything on this host is concerned; `members` are those of it that were routed. */
  host: HostId.optional(),
  by: z.string().max(128),
  why: z.string().max(256),
  since: Since,
  /** Containers at a time, for a rollout. */
  atOnce: z.int().min(1).max(100),
  state: z.enum(['running', 'done', 'failed', 'cancelled']),
  endedAt: Since.optional(),
  members: z.array(RunMember).max(RUN_MEMBERS_MAX),
  log: z.array(z.object({ at: Since, text: z.string().max(512) })).max(RUN_LOG_MAX),
  /** After a failure: what to type to go on. */
  remedy: z.string().max(512).optional(),
})
export type Run = z.infer<typeof Run>

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
