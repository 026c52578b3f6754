import { z } from 'zod'
import { ShortHash } from '../kernel/ids.ts'
import { Stamp } from './stamp.ts'

/**
 * "I am here, and this is the last thing I said." Sent every 5 s over core NATS and never stored. A
 * master whose own view differs from `stamp` or `stateHash` for two beats asks for a snapshot, which
 * is how any silent loss heals.
 */
export const Heartbeat = z.object({
  v: z.literal(1),
  stamp: Stamp,
  stateHash: ShortHash,
  engine: z.enum(['answering', 'unreachable']),
  /** Since when the engine is in that state, for people. */
  engineSince: z.string().max(40),
  /** Why it does not answer, in words for people; absent while it does. */
  engineProblem: z.string().max(512).optional(),
  /** Why its drain-aware Docker socket cannot be served; absent while it is, or when none is wanted. */
  socketProblem: z.string().max(256).optional(),
  /** Observations kept back in the agent's spool. */
  spooled: z.int().nonnegative(),
  /** Fresh random text, changed every 10 s; a command must quote one of the last three. */
  nonce: z.string().regex(/^[0-9a-f]{32}$/),
  sentAtMs: z.number(),
  /** An orderly stop (upgrade, reboot): no alarm for two minutes. */
  stopping: z.boolean(),
})
export type Heartbeat = z.infer<typeof Heartbeat>
