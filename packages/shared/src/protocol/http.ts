import { z } from 'zod'
import { Role } from './decision.ts'
import {
  AppliedTrace,
  Busy,
  EdgeCertificates,
  AttachedTo,
  EdgeStatus,
  EndpointCheck,
  Quarantined,
} from './edge-status.ts'
import { HostFacts, Network } from './host.ts'
import { Container } from './container.ts'
import { Presence } from './presence.ts'
import { RouteCondition } from './route-settings.ts'
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
  /** Why it does not answer, as its agent says it. */
  engineProblem: z.string().optional(),
  /** Its agent was stopped in order; absent: nobody knows of that. */
  stopping: z.boolean().optional(),
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

export const RemarkView = z.object({
  /** The label or variable. */
  key: z.string(),
  why: z.string(),
  /** Of one route; absent: of the container. */
  route: z.string().optional(),
  /** The nearest key that is read. */
  nearest: z.string().optional(),
})
export type RemarkView = z.infer<typeof RemarkView>

export const ContainerView = Container.extend({
  host: z.string(),
  hostName: z.string(),
  /** `<host name>/<container name>`: what people type. */
  path: z.string(),
  workload: z.string(),
  /** By itself or with its host. */
  drained: z.object({ by: z.string(), why: z.string(), since: z.string() }).optional(),
  verdicts: z.array(Verdict),
  /** In which language its routes are read, and which others ask and are not listened to. */
  dialect: z.string().optional(),
  lostDialects: z.array(z.string()).optional(),
  /** What it asks for and is not done, while its routes are served all the same. */
  remarks: z.array(RemarkView).optional(),
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

/** Over the last half minute and all edges. Errors are answers from 500 on. */
export const RequestRates = z.object({
  perSecond: z.number(),
  errorsPerSecond: z.number(),
  /** Half of the requests took no longer; absent when there were none. */
  p50Ms: z.number().optional(),
  p99Ms: z.number().optional(),
})
export type RequestRates = z.infer<typeof RequestRates>

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
  /** Which requests are meant besides by domain and path; absent: all. */
  when: RouteCondition.optional(),
  /** Among routes that a request fits, the highest is taken; absent: 0. */
  priority: z.int().optional(),
  /** By key, in the words of a label; absent: none. */
  settings: z.record(z.string(), z.string()).optional(),
  /** Another service that may have a share; without endpoints it gets nothing. */
  canary: z
    .object({ service: z.string(), percent: z.int(), endpoints: z.array(EndpointView) })
    .optional(),
  /** What visitors ask of it; absent until an edge has told. */
  requests: RequestRates.optional(),
})
export type RouteView = z.infer<typeof RouteView>

export const EdgeView = z.object({
  id: z.string(),
  name: z.string(),
  host: z.string().optional(),
  reporting: z.boolean(),
  lastHeardMsAgo: z.number().optional(),
  httpPort: z.int(),
  /** Absent where nothing listens with TLS. */
  httpsPort: z.int().optional(),
  /** What it shows to visitors over TLS; absent likewise. */
  certificates: EdgeCertificates.optional(),
  addresses: z.array(z.string()),
  tier: EdgeStatus.shape.tier,
  tierReason: z.string(),
  /** Why it serves no TCP and UDP; absent when it can. */
  streamsReason: z.string().optional(),
  /** Where it uses an nginx that somebody else runs. */
  attached: AttachedTo.optional(),
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
  /** Set in an answer about a moment in the past, which comes from the change log of this master. */
  asOf: z
    .object({
      at: z.string(),
      /** Since when the log knows what became of routes. */
      begins: z.string(),
      /** What it does not know about that moment. */
      limits: z.array(z.string()),
    })
    .optional(),
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

export const listOf = <Item extends z.ZodType>(item: Item) =>
  z.object({ items: z.array(item), total: z.int() })
