import { z } from 'zod'
import { EdgeId, InstanceId, SiteId } from '../kernel/ids.ts'

/** Upper ends of the buckets of durations, in milliseconds; whatever took longer is in one more. */
export const DURATION_BOUNDS_MS = [
  5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000,
] as const

/** Of statuses; `other` is what is none: for an endpoint, tries that another one had to take over. */
export const STATUS_CLASSES = ['other', '1xx', '2xx', '3xx', '4xx', '5xx'] as const

/** Under this name is counted what would be one series too many. */
export const REST = '*'
/** Requests that belong to no route: unknown names, paths that nobody serves. */
export const NOBODY = '-'

/** Series in one message; the longest keys with large numbers make half of what it may have. */
export const SERIES_PER_REPORT_MAX = 100

const Count = z.int().nonnegative()

export const Durations = z.object({
  sumMs: Count,
  /** Not cumulative: each duration is in one of them. */
  buckets: z.array(Count).length(DURATION_BOUNDS_MS.length + 1),
})
export type Durations = z.infer<typeof Durations>

const Statuses = z.array(Count).length(STATUS_CLASSES.length)

export const RouteRequests = z.object({
  /** Key of the route, `NOBODY` or `REST`. */
  key: z.string().min(1).max(1_024),
  statuses: Statuses,
  /** From the first byte of a request to the last one of its answer. */
  whole: Durations,
  /** The part of it that an endpoint was asked for. */
  endpoint: Durations,
})
export type RouteRequests = z.infer<typeof RouteRequests>

export const EndpointRequests = z.object({
  /** `<address>:<port>` as this edge reaches it, or `REST`. */
  key: z.string().min(1).max(64),
  statuses: Statuses,
  endpoint: Durations,
})
export type EndpointRequests = z.infer<typeof EndpointRequests>

/**
 * What an edge has counted, for some of its routes and endpoints: all since `instance` began to count,
 * so that a message that is lost is made good by the next one about the same thing.
 */
export const RequestReport = z.object({
  v: z.literal(1),
  site: SiteId,
  edge: EdgeId,
  instance: InstanceId,
  /** Counts up with each message of an instance. */
  seq: z.int().positive(),
  routes: z.array(RouteRequests).max(SERIES_PER_REPORT_MAX),
  endpoints: z.array(EndpointRequests).max(SERIES_PER_REPORT_MAX),
  /** Requests that are known to have been served and are in none of the numbers. */
  lost: Count,
})
export type RequestReport = z.infer<typeof RequestReport>
