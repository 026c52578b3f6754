import { z } from 'zod'
import { Role } from './decision.ts'
import { AppliedTrace, Busy, EdgeStatus, EndpointCheck, Quarantined } from './edge-status.ts'
import { HostFacts, Network } from './host.ts'
import { Container } from './container.ts'
import { Presence } from './presence.ts'
import { Run } from './run.ts'
import { Reason, Verdict } from './verdict.ts'

/**
 * What the API answers. People's scripts, the CLI and the dashboard read these, so fields are only
 * ever added. Times are RFC 3339. Lists come as `{ items, total }`.
 */
export const Problem = z.object({
  /** RFC 9457. */
  type: z.string(),
  title: z.string(),
  status: z.int(),
  code: z.string(),
  detail: z.string(),
  hint: z.string(),
  instance: z.string(),
})
export type Problem = z.infer<typeof Problem>

export const LeaderView = z.object({
  epoch: z.int(),
  instance: z.string(),
  pid: z.int(),
  host: z.string(),
  url: z.string(),
  since: z.string(),
})
export type LeaderView = z.infer<typeof LeaderView>

export const HostView = z.object({
  id: z.string(),
  name: z.string(),
  presence: Presence,
  presenceSince: z.string(),
  /** Everything on it is drained, by whom and why. */
  drained: z.object({ by: z.string(), why: z.string(), since: z.string() }).optional(),
  engineState: z.enum(['answering', 'unreachable', 'unknown']),
  /** A snapshot of the agent's present life is folded: the view is whole. */
  synced: z.boolean(),
  boot: z.int(),
  seq: z.int(),
  containers: z.int(),
  running: z.int(),
  endpoints: z.int(),
  lastHeardMsAgo: z.number().optional(),
  clockSkewMs: z.number().optional(),
  spooled: z.int(),
  facts: HostFacts,
  networks: z.array(Network),
})
export type HostView = z.infer<typeof HostView>

export const ContainerView = Container.extend({
  host: z.string(),
  hostName: z.string(),
  /** `<host name>/<container name>`: what people type. */
  path: z.string(),
  workload: z.string(),
  /** By itself or with its host. */
  drained: z.object({ by: z.string(), why: z.string(), since: z.string() }).optional(),
  verdicts: z.array(Verdict),
})
export type ContainerView = z.infer<typeof ContainerView>

export const EndpointView = z.object({
  host: z.string(),
  hostName: z.string(),
  container: z.string(),
  containerName: z.string(),
  port: z.int(),
  reason: Reason,
  /** Address per edge id; absent when that edge cannot reach it. */
  addresses: z.record(z.string(), z.string()),
  /** Edges whose own check fails. */
  failingAt: z.array(z.string()),
})
export type EndpointView = z.infer<typeof EndpointView>

export const ServiceView = z.object({
  key: z.string(),
  id: z.string(),
  state: z.enum(['serving', 'degraded', 'down']),
  endpoints: z.array(EndpointView),
  routes: z.array(z.object({ domain: z.string(), path: z.string(), match: z.string() })),
})
export type ServiceView = z.infer<typeof ServiceView>

export const RouteView = z.object({
  domain: z.string(),
  path: z.string(),
  match: z.enum(['prefix', 'exact']),
  stripPrefix: z.boolean(),
  service: z.string(),
  /** `routed`, or the reason code of why nothing serves it. */
  state: Reason,
  endpoints: z.array(EndpointView),
  holderSince: z.string().optional(),
})
export type RouteView = z.infer<typeof RouteView>

export const EdgeView = z.object({
  id: z.string(),
  name: z.string(),
  host: z.string().optional(),
  reporting: z.boolean(),
  lastHeardMsAgo: z.number().optional(),
  httpPort: z.int(),
  addresses: z.array(z.string()),
  tier: EdgeStatus.shape.tier,
  tierReason: z.string(),
  epochMax: z.int(),
  inForce: z
    .object({
      epoch: z.int(),
      version: z.int(),
      generation: z.string(),
      since: z.string(),
      routes: z.int(),
      endpoints: z.int(),
    })
    .optional(),
  desired: z.object({ epoch: z.int(), version: z.int() }).optional(),
  /** The newest table that this edge says is quiet, and what keeps an older one busy. */
  quiet: z.object({ epoch: z.int(), version: z.int() }).optional(),
  busy: z.array(Busy).default([]),
  /** There are others like those in `busy`. */
  busyMore: z.boolean().default(false),
  outcome: EdgeStatus.shape.outcome,
  nginx: EdgeStatus.shape.nginx,
  quarantined: z.array(Quarantined),
  checks: z.array(EndpointCheck),
  applied: AppliedTrace.optional(),
  /** Files of its nginx that somebody else has changed. */
  editedFiles: z.array(z.string()).default([]),
})
export type EdgeView = z.infer<typeof EdgeView>

export const EventView = z.object({
  /** Counts up; for `?after=`. */
  revision: z.int(),
  at: z.string(),
  host: z.string(),
  hostName: z.string(),
  /** Whose word it is: `engine`, `agent`, `master`, `edge`. */
  origin: z.enum(['engine', 'agent', 'master', 'edge']),
  /** For example `container start`, `host lost`, `table in force`. */
  what: z.string(),
  subject: z.string(),
  details: z.record(z.string(), z.string()),
})
export type EventView = z.infer<typeof EventView>

/** The answer to "why (not) routed": steps in the order in which they were decided. */
export const Explanation = z.object({
  subject: z.string(),
  routed: z.boolean(),
  steps: z.array(
    z.object({
      ok: z.boolean(),
      what: z.string(),
      details: z.record(z.string(), z.string()),
    }),
  ),
  verdicts: z.array(Verdict),
  remedies: z.array(z.string()),
})
export type Explanation = z.infer<typeof Explanation>

export const SessionView = z.object({ name: z.string(), role: Role, expiresAt: z.string() })
export type SessionView = z.infer<typeof SessionView>

/** Trades a one-time code or an API token for a session cookie. */
export const SignInRequest = z.union([
  z.strictObject({ code: z.string().max(1_024) }),
  z.strictObject({ token: z.string().max(256) }),
])
export type SignInRequest = z.infer<typeof SignInRequest>

/** Signs in once, within 15 minutes, at the master that made it. The code is in `url` too. */
export const SignInLink = z.object({ url: z.string(), code: z.string(), expiresAt: z.string() })
export type SignInLink = z.infer<typeof SignInLink>

/** A run as people see it; `id` names it in `/api/v1/runs/<id>`. */
export const RunView = Run
export type RunView = z.infer<typeof RunView>

/** Names as people type them: `host/container`, a name, an id or the beginning of one. */
export const DrainRequest = z.object({
  container: z.string().min(1).max(512).optional(),
  host: z.string().min(1).max(256).optional(),
  why: z.string().max(256).default(''),
})
export type DrainRequest = z.infer<typeof DrainRequest>

export const RestartRequest = z.object({
  container: z.string().min(1).max(512),
  why: z.string().max(256).default(''),
})
export type RestartRequest = z.infer<typeof RestartRequest>

export const RolloutRequest = z.object({
  service: z.string().min(1).max(256),
  atOnce: z.int().min(1).max(100).default(1),
  why: z.string().max(256).default(''),
})
export type RolloutRequest = z.infer<typeof RolloutRequest>

export const StatusView = z.object({
  site: z.string(),
  master: z.string(),
  instance: z.string(),
  role: z.enum(['leader', 'standby', 'candidate', 'suspended']),
  leader: LeaderView.optional(),
  /** Revision of the live feed at which this was read. */
  revision: z.int(),
  version: z.string(),
  nats: z.object({ connected: z.boolean(), version: z.string(), servers: z.int() }),
  counts: z.object({
    hosts: z.int(),
    containers: z.int(),
    services: z.int(),
    routes: z.int(),
    edges: z.int(),
  }),
  /** What is degraded now, in words with a remedy; empty when all is well. */
  warnings: z.array(z.object({ what: z.string(), remedy: z.string() })),
})
export type StatusView = z.infer<typeof StatusView>

/** The inventory as things and the links between them, for pictures and for scripts. */
export const GraphView = z.object({
  nodes: z.array(z.object({ id: z.string(), kind: z.string(), name: z.string() })),
  links: z.array(z.object({ from: z.string(), to: z.string(), kind: z.string() })),
})
export type GraphView = z.infer<typeof GraphView>

/** What a joining process sends, and what it gets back. */
export const JoinRequest = z.object({
  token: z.string().max(256),
  role: z.enum(['agent', 'edge', 'master']),
  id: z.string().max(48),
  name: z.string().max(256),
  publicKey: z.string().max(64),
})
export type JoinRequest = z.infer<typeof JoinRequest>

export const JoinReply = z.object({
  site: z.string(),
  id: z.string(),
  natsUrl: z.string(),
  /** Public keys of the masters: whose tables and commands to believe. */
  masters: z.array(z.string()),
  /** Set when this NATS is not ours: what its operator has to add for this identity. */
  natsUser: z.string().optional(),
})
export type JoinReply = z.infer<typeof JoinReply>

export const TokenRequest = z.object({
  kind: z.enum(['join', 'api']),
  role: z.string().max(16),
  ttlSeconds: z
    .int()
    .min(1)
    .max(90 * 86_400),
  uses: z.int().min(1).max(10_000).default(1),
  note: z.string().max(256).default(''),
})
export type TokenRequest = z.infer<typeof TokenRequest>

export const TokenReply = z.object({ id: z.string(), token: z.string(), expiresAt: z.string() })
export type TokenReply = z.infer<typeof TokenReply>

/** A token that still works. The secret itself is kept nowhere. */
export const TokenView = z.object({
  id: z.string(),
  kind: z.enum(['join', 'api']),
  role: z.string(),
  /** Absent for API tokens, which may be used any number of times. */
  usesLeft: z.int().optional(),
  /** Absent: it works until it is revoked. */
  expiresAt: z.string().optional(),
  note: z.string(),
  by: z.string(),
  since: z.string(),
})
export type TokenView = z.infer<typeof TokenView>

export const listOf = <Item extends z.ZodType>(item: Item) =>
  z.object({ items: z.array(item), total: z.int() })
