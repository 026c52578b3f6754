import { z } from 'zod'

/** How long a host has been silent: nothing, 15 s, 45 s, a day. Only `lost` may cost endpoints. */
export const Presence = z.enum(['present', 'stale', 'lost', 'forgotten'])
export type Presence = z.infer<typeof Presence>
