import { z } from 'zod'

/**
 * An engine event kept for people: timeline, history, causes. Never folded, never believed. `id` and
 * `name` are the engine's, cut to length; `attributes` only what is needed to understand the line.
 */
export const News = z.object({
  type: z.enum(['container', 'network', 'engine', 'agent']),
  action: z.string().max(64),
  id: z.string().max(128),
  name: z.string().max(256),
  timeNano: z.string().regex(/^[0-9]{1,20}$/),
  attributes: z.record(z.string().max(64), z.string().max(256)),
})
export type News = z.infer<typeof News>
