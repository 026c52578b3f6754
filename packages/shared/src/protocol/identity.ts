import { z } from 'zod'
import { PublicKey, SiteId } from '../kernel/ids.ts'
import { IdentityRole } from './decision.ts'

/**
 * Who a process is: `identity.json` in its state directory, beside `nkey.seed` (0600), which is
 * its only secret. Written by `roadstead up` or `roadstead join`, read at start.
 */
export const Identity = z.object({
  v: z.literal(1),
  role: IdentityRole,
  /** Host id of an agent, edge id of an edge, master id of a master. */
  id: z.string().max(48),
  name: z.string().max(256),
  site: SiteId,
  natsUrl: z.string().max(1_024),
  publicKey: PublicKey,
  /** Masters whose tables and commands are believed. */
  masters: z.array(PublicKey).max(16),
})
export type Identity = z.infer<typeof Identity>
