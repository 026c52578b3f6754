import { z } from 'zod'
import { EventView } from './http-events.ts'
import { EdgeView, HostView, RouteView, RunView, ServiceView, StatusView } from './http.ts'

/**
 * The live feed over WebSocket. A client says hello, perhaps with where it was; it gets a snapshot,
 * or only what it missed, and then patches. Revisions count within one `instance` of a master;
 * another instance means another history, so a client never mixes two.
 */
export const ClientHello = z.object({
  kind: z.literal('hello'),
  resume: z.object({ instance: z.string().max(48), revision: z.int() }).optional(),
})
export type ClientHello = z.infer<typeof ClientHello>

export const LiveState = z.object({
  status: StatusView,
  hosts: z.array(HostView),
  services: z.array(ServiceView),
  routes: z.array(RouteView),
  edges: z.array(EdgeView),
  /** Newest first, as many as are kept. */
  runs: z.array(RunView),
  events: z.array(EventView),
})
export type LiveState = z.infer<typeof LiveState>

/** Rows that changed and keys of rows that went, by collection; those of routes as `routeKey` makes them. */
export const LivePatch = z.object({
  status: StatusView.optional(),
  hosts: z.object({ up: z.array(HostView), gone: z.array(z.string()) }).optional(),
  services: z.object({ up: z.array(ServiceView), gone: z.array(z.string()) }).optional(),
  routes: z.object({ up: z.array(RouteView), gone: z.array(z.string()) }).optional(),
  edges: z.object({ up: z.array(EdgeView), gone: z.array(z.string()) }).optional(),
  runs: z.object({ up: z.array(RunView), gone: z.array(z.string()) }).optional(),
  /** Newest last; only ever added. */
  events: z.array(EventView).optional(),
})
export type LivePatch = z.infer<typeof LivePatch>

export const LiveFrame = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('snapshot'),
    instance: z.string(),
    revision: z.int(),
    state: LiveState,
  }),
  z.object({
    kind: z.literal('patch'),
    /** The revision this builds on; a client that has another asks anew. */
    from: z.int(),
    revision: z.int(),
    patch: LivePatch,
  }),
  /** Nothing changed; the connection lives. Every 10 s when idle. */
  z.object({ kind: z.literal('idle'), revision: z.int() }),
  /** The client read too slowly: what was queued is dropped, a snapshot follows. */
  z.object({ kind: z.literal('lagged') }),
  z.object({ kind: z.literal('goaway'), reason: z.string(), leaderUrl: z.string().optional() }),
])
export type LiveFrame = z.infer<typeof LiveFrame>
