import { z } from 'zod'
import { ContainerId, HostId, InstanceId, SiteId } from '../kernel/ids.ts'

/** A reply on the bus is allowed for two minutes; a restart must end, start and answer within them. */
export const STOP_GRACE_MS_MAX = 90_000

/** The closed list of what a leader may ask of an agent. */
export const CommandVerb = z.enum(['resync', 'describe', 'ping', 'restart'])
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
  /** The master's life that leads in this epoch: an agent acts for one per epoch, never for two. */
  instance: InstanceId,
  nonce: z.string().regex(/^[0-9a-f]{32}$/),
  /** The container to act on; required by the verbs that change one. */
  container: ContainerId.optional(),
  /** How long a container may take to end before the engine kills it; its own setting when absent. */
  graceMs: z.int().nonnegative().max(STOP_GRACE_MS_MAX).optional(),
})
export type Command = z.infer<typeof Command>

export const CommandRefusal = z.enum([
  'unreadable',
  'unknown-signer',
  'bad-signature',
  'wrong-host',
  'old-epoch',
  'second-instance',
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
