import { z } from 'zod'
import { InstanceId, MasterId } from '../kernel/ids.ts'

/**
 * The right to write, and until when nobody else may take it. It has no expiry of its own: a
 * candidate times how long *it* has seen the record unchanged, on its own clock, and only while it
 * could read. `holder` null means released.
 */
export const Lease = z.object({
  v: z.literal(1),
  holder: MasterId.nullable(),
  /** One life of the holder: a master that restarts does not inherit its own lease. */
  instance: InstanceId,
  /** Raised by every claim. The fencing token: tables and commands carry it. */
  epoch: z.int().positive(),
  leaseMs: z.int().positive(),
  /** Counts renewals, so that each write differs. */
  renewal: z.int().nonnegative(),
  /** Where the holder answers, for people and for redirects. */
  url: z.string().max(256),
  host: z.string().max(256),
  pid: z.int().nonnegative(),
  since: z.string().max(40),
})
export type Lease = z.infer<typeof Lease>
