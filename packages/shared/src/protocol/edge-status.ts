import { z } from 'zod'
import { ContainerId, EdgeId, HostId, InstanceId, PublicKey, SiteId } from '../kernel/ids.ts'
import { IpAddress } from './container.ts'
import { ObjectAtEdge, OBJECTS_MAX } from './kept-object.ts'
import { RouteDomain, RouteSubject } from './route.ts'
import { ServiceId, TableEndpoint, TableRoute, Trace } from './table.ts'

const Since = z.string().max(40)

export const TableStamp = z.object({
  epoch: z.int().nonnegative(),
  version: z.int().nonnegative(),
  instance: InstanceId,
})
export type TableStamp = z.infer<typeof TableStamp>

/** How one edge applies changes: with a reload of nginx, or by a push into the running one. */
export const Tier = z.enum(['reload', 'live'])

/** An endpoint that left the table and still has requests under way through this edge. */
export const Busy = z.object({
  host: HostId,
  container: ContainerId,
  requests: z.int().positive(),
})
export type Busy = z.infer<typeof Busy>

/** A route as an edge tells of it; a stream has its port in the place of the domain. */
export const ToldRoute = TableRoute.extend({ domain: RouteSubject })
export type ToldRoute = z.infer<typeof ToldRoute>

export const Quarantined = z.object({
  route: ToldRoute,
  /** Containers behind it, so that a person finds the label. */
  containers: z.array(ContainerId).max(64),
  /** What nginx said, cleaned: never raw text with paths or foreign content. */
  reason: z.string().max(256),
  since: Since,
})
export type Quarantined = z.infer<typeof Quarantined>

export const EndpointCheck = z.object({
  service: ServiceId,
  endpoint: TableEndpoint,
  state: z.enum(['passing', 'failing']),
  since: Since,
  /** Left out of the rendering because of it; false when it is the last of its service. */
  leftOut: z.boolean(),
})
export type EndpointCheck = z.infer<typeof EndpointCheck>

/** A certificate at an edge; its key is known to nobody else. */
export const EdgeCertificate = z.object({
  /** The file with its chain, or the object of the masters. */
  name: z.string().max(256),
  source: z.enum(['folder', 'object']),
  /** Why what is there now is not taken; for a person. */
  problem: z.string().max(256).optional(),
  /** What visitors are shown; of the text before, where there is a problem. */
  served: z
    .object({
      names: z.array(RouteDomain).max(200),
      namesTotal: z.int().positive(),
      issuer: z.string().max(256),
      notBefore: Since,
      notAfter: Since,
    })
    .optional(),
})
export type EdgeCertificate = z.infer<typeof EdgeCertificate>

export const EdgeCertificates = z.object({
  total: z.int().nonnegative(),
  /** Of the folder as a whole. */
  problem: z.string().max(256).optional(),
  /** Those with a problem first, then those that end first. */
  list: z.array(EdgeCertificate).max(100),
})

/** How an edge has to do with an nginx that somebody else runs. */
export const AttachedTo = z.object({
  way: z.enum(['host', 'container']),
  /** Name of the file that is included. */
  include: z.string().max(256),
  /** Why it is taken for not running; absent when it runs. */
  absent: z.string().max(256).optional(),
  /** Why a text is tested only after the swap, and rolled back on failure; absent: before it. */
  afterSwap: z.string().max(256).optional(),
  /** Names that another server of that nginx has as well, which may answer for them. */
  conflicts: z.array(z.string().max(255)).max(20).optional(),
})
export type AttachedTo = z.infer<typeof AttachedTo>

/** What an edge last did with an offered table. */
export const EdgeOutcome = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('none') }),
  z.object({ kind: z.literal('applied'), at: Since }),
  z.object({ kind: z.literal('unchanged'), at: Since }),
  z.object({
    kind: z.literal('refused'),
    at: Since,
    offered: TableStamp,
    reason: z.enum([
      'old-epoch',
      'old-version',
      'second-instance',
      'bad-signature',
      'unknown-signer',
      'wrong-edge',
      'unreadable',
      'missing-slice',
    ]),
  }),
  z.object({
    kind: z.literal('held'),
    at: Since,
    offered: TableStamp,
    routesLost: z.int(),
    endpointsLost: z.int(),
    untilMs: z.number(),
  }),
  z.object({
    kind: z.literal('rejected'),
    at: Since,
    offered: TableStamp,
    reason: z.enum([
      'test-failed',
      'not-answering',
      'disk-full',
      'disk-failed',
      'nginx-down',
      'reload-failed',
      'push-refused',
    ]),
    detail: z.string().max(512),
  }),
])
export type EdgeOutcome = z.infer<typeof EdgeOutcome>

/** Which stages a change went through on its way, milliseconds each; `totalMs` from the event. */
export const AppliedTrace = z.object({
  trace: Trace,
  acceptedMs: z.number(),
  writtenMs: z.number(),
  signalledMs: z.number(),
  answeringMs: z.number(),
})
export type AppliedTrace = z.infer<typeof AppliedTrace>

export const EdgeStatus = z.object({
  v: z.literal(1),
  site: SiteId,
  edge: EdgeId,
  instance: InstanceId,
  name: z.string().max(256),
  /** What is for this edge alone is sealed to it. Absent: an edge of a version that takes no objects. */
  publicKey: PublicKey.optional(),
  /** The host it runs on, when it knows: then container addresses of that host can be used. */
  host: HostId.optional(),
  /** Its own container id when it runs in one: then shared networks are found through the graph. */
  container: ContainerId.optional(),
  addresses: z.array(IpAddress).max(32),
  httpPort: z.int(),
  /** Absent where nothing listens with TLS. */
  httpsPort: z.int().optional(),
  /** Highest epoch ever accepted: a floor for the next claim, also over a wiped bus. */
  epochMax: z.int().nonnegative(),
  inForce: TableStamp.extend({
    generation: z.string().max(16),
    since: Since,
    routes: z.int().nonnegative(),
    endpoints: z.int().nonnegative(),
  }).optional(),
  /**
   * Of this table and all before it nothing is in use any more: what they had and it has not gets no
   * new request. A container that is not in `busy` either can be stopped unnoticed.
   */
  quiet: TableStamp.optional(),
  busy: z.array(Busy).max(200).optional(),
  /** There are others like those in `busy`: then whoever is not in it is not known to be free. */
  busyMore: z.boolean().optional(),
  outcome: EdgeOutcome,
  tier: Tier,
  /** Why it is not the live tier, in words; empty when it is. */
  tierReason: z.string().max(256),
  /** Why it serves no streams, in words; absent when it can. */
  streamsReason: z.string().max(256).optional(),
  nginx: z.object({
    version: z.string().max(64),
    running: z.boolean(),
    reloads: z.int().nonnegative(),
    /** Changes of the running nginx without a reload; only in the live tier. */
    pushes: z.int().nonnegative().optional(),
    /** Visitors who wait for an endpoint, because their service asks for `hold`; only in the live tier. */
    waiting: z.int().nonnegative().optional(),
    oldGenerations: z.int().nonnegative(),
  }),
  quarantined: z.array(Quarantined).max(1_000),
  /** Only endpoints that fail, or failed and came back within a minute. */
  checks: z.array(EndpointCheck).max(1_000),
  /** Files of nginx that somebody changed by hand, by name; absent when there are none. */
  editedFiles: z.array(z.string().max(64)).max(4).optional(),
  /** Workers of nginx cannot pass through this folder to files with users: such routes are shut. */
  shutFolder: z.string().max(256).optional(),
  /** Absent where the edge runs an nginx of its own. */
  attached: AttachedTo.optional(),
  /** What it has of the objects that the masters keep, sorted; absent when there are none. */
  objects: z.array(ObjectAtEdge).max(OBJECTS_MAX).optional(),
  /** Absent where nothing listens with TLS. */
  certificates: EdgeCertificates.optional(),
  applied: AppliedTrace.optional(),
  sentAtMs: z.number(),
})
export type EdgeStatus = z.infer<typeof EdgeStatus>
