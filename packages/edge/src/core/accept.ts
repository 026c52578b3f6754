import type { EdgeId, InstanceId, SiteId } from '@roadstead/shared/kernel/ids.ts'
import type { TableManifest } from '@roadstead/shared/protocol/table.ts'

/** What an edge remembers of the tables it took, also over its own death. */
export interface Fence {
  /** Highest epoch ever accepted. */
  readonly epochMax: number
  /** The newest table accepted. */
  readonly stamp?: {
    readonly epoch: number
    readonly version: number
    readonly instance: InstanceId
  }
}

export type Refusal = 'old-epoch' | 'old-version' | 'second-instance' | 'wrong-edge'
export type Acceptance =
  | { readonly kind: 'accepted'; readonly fence: Fence }
  | { readonly kind: 'same' }
  | { readonly kind: 'refused'; readonly reason: Refusal }

type Offered = Pick<TableManifest, 'site' | 'edge' | 'epoch' | 'version' | 'instance'>

/**
 * Whether an offered table may replace what this edge has.
 *
 * A master that was paused halfway through a write can finish it after another has taken over; the
 * bus refuses such a write, but a bus that lost its data cannot. So the reader decides too. Tables
 * are ordered by `(epoch, version)`, and one epoch belongs to one life of one master: a second
 * claimant of the same epoch, which only a wiped bus can bring forth, is refused and reported, and
 * has to claim again above. Refusing is normal. What is in force stays in force.
 */
export function accept(
  self: { readonly site: SiteId; readonly edge: EdgeId },
  fence: Fence,
  offered: Offered,
): Acceptance {
  if (offered.site !== self.site || offered.edge !== self.edge) return refused('wrong-edge')
  if (offered.epoch < fence.epochMax) return refused('old-epoch')
  const held = fence.stamp
  if (held !== undefined && held.epoch === offered.epoch) {
    if (held.instance !== offered.instance) return refused('second-instance')
    if (offered.version < held.version) return refused('old-version')
    if (offered.version === held.version) return { kind: 'same' }
  }
  const { epoch, version, instance } = offered
  return { kind: 'accepted', fence: { epochMax: epoch, stamp: { epoch, version, instance } } }
}

function refused(reason: Refusal): Acceptance {
  return { kind: 'refused', reason }
}
