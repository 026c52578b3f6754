import { z } from 'zod'
import { HostId, SiteId } from '../kernel/ids.ts'

/** The closed list of what a leader may ask of an agent. */
export const CommandVerb = z.enum(['resync', 'describe', 'ping'])
export type CommandVerb = z.infer<typeof CommandVerb>

/**
 * A command proves itself, because the bus cannot: it is signed by a master, bound to one agent, one
 * verb and one leadership, and quotes a nonce of that agent, so that a copy is worthless elsewhere
 * and later. No clock is involved.
 */
export const Command = z.object({
  v: z.literal(1),
  id: z.string().regex(/^[0-9a-f]{32}$/),
  site: SiteId,
  host: HostId,
  verb: CommandVerb,
  epoch: z.int().positive(),
  nonce: z.string().regex(/^[0-9a-f]{32}$/),
})
export type Command = z.infer<typeof Command>

export const CommandRefusal = z.enum([
  'unreadable',
  'unknown-signer',
  'bad-signature',
  'wrong-host',
  'old-epoch',
  'stale-nonce',
  'repeated',
  'too-many',
])
export type CommandRefusal = z.infer<typeof CommandRefusal>

export const CommandReply = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('done'), id: z.string(), result: z.record(z.string(), z.unknown()) }),
  z.object({ kind: z.literal('refused'), id: z.string(), reason: CommandRefusal }),
  z.object({ kind: z.literal('failed'), id: z.string(), error: z.string().max(512) }),
])
export type CommandReply = z.infer<typeof CommandReply>
