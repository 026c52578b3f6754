import type { Lease } from '@roadstead/shared/protocol/lease.ts'

/** What a leader's write that was refused, or whose fate is unknown, turns out to be. */
export type Settlement =
  /** Still ours; the stream ends at `last`, so everything up to there is our own writing. */
  | { readonly kind: 'ours'; readonly last: number }
  | { readonly kind: 'lost' }
  /** The stream ends before our own last write: it was wiped, or lost what it had acknowledged. */
  | { readonly kind: 'regressed' }

export function settle(
  mine: Pick<Lease, 'instance' | 'epoch'>,
  builtOn: number,
  read: { readonly last: number; readonly lease: Lease | undefined },
): Settlement {
  if (read.last < builtOn) return { kind: 'regressed' }
  const { lease } = read
  const ours =
    lease !== undefined &&
    lease.holder !== null &&
    lease.instance === mine.instance &&
    lease.epoch >= mine.epoch
  return ours ? { kind: 'ours', last: read.last } : { kind: 'lost' }
}
