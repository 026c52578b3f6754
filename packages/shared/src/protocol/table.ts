import { z } from 'zod'
import { ContainerId, EdgeId, HostId, InstanceId, SiteId } from '../kernel/ids.ts'
import { IpAddress, Port } from './container.ts'
import { ObjectMention, OBJECTS_MAX } from './kept-object.ts'
import { PathMatch, PathPattern, RouteDomain, ServiceKey, StreamProtocol } from './route.ts'
import {
  Cidr,
  CookieName,
  EndpointScheme,
  HealthCheck,
  Percent,
  Priority,
  RouteCondition,
  RouteSettings,
  UdpResponses,
} from './route-settings.ts'

/** Name of a service's group in nginx: a hash, so that no word of a label is ever rendered. */
export const ServiceId = z.string().regex(/^u_[0-9a-f]{16}$/)
export type ServiceId = z.infer<typeof ServiceId>

export const Balance = z.enum(['round-robin', 'least-conn', 'sticky'])
export type Balance = z.infer<typeof Balance>

export const TableEndpoint = z.object({
  host: HostId,
  container: ContainerId,
  /** As this edge reaches it; the port may be the published one. */
  address: IpAddress,
  port: Port,
  /** Share of the requests beside others of its service; 1 when absent. */
  weight: z.int().min(1).max(100).optional(),
  /** Gets requests only while no other endpoint can serve. */
  backup: z.boolean().optional(),
  /** Requests under way at one time; those beyond go to others, or get 503. */
  connectionsMax: z.int().min(1).max(100_000).optional(),
})
export type TableEndpoint = z.infer<typeof TableEndpoint>

export const TableService = z.object({
  id: ServiceId,
  key: ServiceKey,
  /** Sorted by host, container, port. Empty: known, but nobody can serve it now. */
  endpoints: z.array(TableEndpoint).max(1_000),
  /** How requests are spread; `round-robin` when absent. `sticky`: by the visitor's address. */
  balance: Balance.optional(),
  /** Live tier: while it has no endpoint requests wait for so long, then they get 503. */
  holdMs: z.int().min(1).max(10_000).optional(),
  /** An endpoint that joins gets its share in steps over this time. */
  slowStartMs: z.int().min(1_000).max(600_000).optional(),
  connectTimeoutMs: z.int().min(10).max(60_000).optional(),
  readTimeoutMs: z.int().min(100).max(3_600_000).optional(),
  /** `http` when absent. */
  scheme: EndpointScheme.optional(),
  /** With `balance` `sticky`: by this cookie of ours instead of by the visitor's address. */
  cookie: CookieName.optional(),
  health: HealthCheck.optional(),
  /** How its streams come; absent: its routes are HTTP. */
  protocol: StreamProtocol.optional(),
})
export type TableService = z.infer<typeof TableService>

export const TableRoute = z.object({
  domain: RouteDomain,
  path: PathPattern,
  match: PathMatch,
  stripPrefix: z.boolean(),
  service: ServiceId,
  /** Which requests are meant, besides by domain and path; all when absent. */
  when: RouteCondition.optional(),
  /** 0 when absent. */
  priority: Priority.optional(),
  settings: RouteSettings.optional(),
  /** This share of the requests goes to another service, while that one can serve. */
  canary: z.object({ service: ServiceId, percent: Percent }).optional(),
})
export type TableRoute = z.infer<typeof TableRoute>

/** Connections or datagrams to one port of the edge, passed on to a service as they are. */
export const TableStream = z.object({
  protocol: StreamProtocol,
  listen: Port,
  service: ServiceId,
  /** Visitors from elsewhere are sent away at once. */
  allow: z.array(Cidr).min(1).max(64).optional(),
  proxyProtocol: z.literal('v1').optional(),
  responses: UdpResponses.optional(),
  /** For so long both sides may be silent. */
  timeoutMs: z.int().min(100).max(86_400_000).optional(),
})
export type TableStream = z.infer<typeof TableStream>

/**
 * A slice of an edge's table: the services that hash into one bucket, with the routes that lead to
 * them. One change rewrites one slice, however large the fleet is.
 */
export const TableSlice = z.object({
  /** Sorted by key. */
  services: z.array(TableService),
  /** Sorted by domain, path, match, and by key where these are the same. */
  routes: z.array(TableRoute),
  /** Sorted by protocol and port; absent when there are none. */
  streams: z.array(TableStream).min(1).optional(),
})
export type TableSlice = z.infer<typeof TableSlice>

/** When each hand had the change that made this table, for the latency histogram; wall clock. */
export const Trace = z.object({
  action: z.string().max(64),
  /** The engine's own time of the event, nanoseconds as text; absent when no event caused it. */
  timeNano: z.string().max(20).optional(),
  agentMs: z.number(),
  masterMs: z.number(),
  writtenMs: z.number(),
})
export type Trace = z.infer<typeof Trace>

/**
 * The head of one edge's table: which slices make it up. Written after the slices it names, and it is
 * the commit. `(epoch, version)` with `instance` is what an edge accepts by; never by time.
 */
export const TableManifest = z.object({
  v: z.literal(1),
  site: SiteId,
  edge: EdgeId,
  epoch: z.int().positive(),
  /** Counts this edge's tables within the epoch. */
  version: z.int().positive(),
  /** The master's life that wrote it: an edge never takes two instances in one epoch. */
  instance: InstanceId,
  /** SHA-256 over what went into derive: observations' stamps, decisions, policy. */
  input: z.string().length(64),
  /** SHA-256 of each slice's text, by bucket; the number of buckets is a power of two. */
  slices: z.array(z.string().length(64)).min(1).max(1_024),
  /**
   * Texts that ride along, by bucket: those of slices that are not stored on their own as they are
   * here. Null for one that is; absent when all are.
   */
  inline: z.array(z.string().nullable()).max(1_024).optional(),
  /**
   * Hosts whose word is in this table, present and in full. An endpoint on one of them that is
   * missing here is gone by evidence; on any other host, by silence.
   */
  witnesses: z.array(HostId).max(10_000),
  /** Objects that this edge is to have, sorted by kind and name; absent when there are none. */
  objects: z.array(ObjectMention).max(OBJECTS_MAX).optional(),
  /** An operator said so: the shrink guard of the edge lets it pass. */
  force: z.boolean(),
  trace: Trace.optional(),
})
export type TableManifest = z.infer<typeof TableManifest>

/** Slice texts up to this size ride in the manifest: one message, one round trip less. */
export const INLINE_BYTES_MAX = 128 * 1024

/**
 * When more than this rides, it is stored on its own, so that the next table need not carry it again: at
 * once where it is a small part of the table, otherwise once no table has followed for a moment.
 */
export const CARRIED_BYTES_MAX = 32 * 1024
