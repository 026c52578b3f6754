import { z } from 'zod'
import { HostId } from '../kernel/ids.ts'

/**
 * Orders everything one agent ever says; comparing stamps of two hosts means nothing. `boot` counts
 * the agent's lives (raised and fsynced at each start), `seq` counts statements within one life.
 */
export const Stamp = z.object({
  host: HostId,
  boot: z.int().positive(),
  seq: z.int().nonnegative(),
})
export type Stamp = z.infer<typeof Stamp>

/** Negative when `a` is older than `b`, 0 when they are the same, positive when `a` is newer. */
export function compareStamps(
  a: Pick<Stamp, 'boot' | 'seq'>,
  b: Pick<Stamp, 'boot' | 'seq'>,
): number {
  return a.boot === b.boot ? a.seq - b.seq : a.boot - b.boot
}
