import { z } from 'zod'
import { RequestRates } from './http.ts'

/**
 * What visitors asked of one route, or of one endpoint, by one edge or over all: since the edges that
 * are there began to count, as far as this master has heard. An endpoint that an edge had to give up for
 * another one counts its try under `other`.
 */
export const RequestView = z.object({
  what: z.enum(['route', 'endpoint']),
  /**
   * `<domain> <match> <path>` of a route, `<host>/<container>:<port>` of an endpoint; or its address where
   * nothing is known of it any more, `-` for requests that belong to no route, `*` for what was too much.
   */
  name: z.string(),
  domain: z.string().optional(),
  service: z.string().optional(),
  /** Names of the edges that counted. */
  edges: z.array(z.string()),
  requests: z.int(),
  /** By class of the status. */
  byStatus: z.record(z.string(), z.int()),
  /** Over all that was counted; absent when nothing was. */
  meanMs: z.number().optional(),
  rates: RequestRates.optional(),
})
export type RequestView = z.infer<typeof RequestView>

export const RequestsView = z.object({
  items: z.array(RequestView),
  total: z.int(),
  /** Requests that are known to have been served and are in none of the numbers. */
  uncounted: z.int(),
})
export type RequestsView = z.infer<typeof RequestsView>
