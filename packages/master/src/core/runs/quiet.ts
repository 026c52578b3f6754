import type { EdgeId } from '@roadstead/shared/kernel/ids.ts'
import {
  FORGOTTEN_AFTER_MS,
  LOST_AFTER_MS,
  STALE_AFTER_MS,
} from '@roadstead/shared/kernel/limits.ts'
import type { EdgeStatus } from '@roadstead/shared/protocol/edge-status.ts'
import type { ServiceKey } from '@roadstead/shared/protocol/route.ts'
import type { ContainerRef } from '@roadstead/shared/protocol/run.ts'
import type { TableManifest } from '@roadstead/shared/protocol/table.ts'
import { isSameRef } from '../routes/claimant.ts'
import type { EdgeTable } from '../routes/edge-table.ts'
import type { EncodedTable } from '../routes/encode.ts'

/** A table by its place in the order of tables. */
export interface Mark {
  readonly epoch: number
  readonly version: number
}

/** The first table without the container that was written for each edge. */
export type Marks = ReadonlyMap<EdgeId, Mark>

/** What is known of edges and of the tables that were written for them. */
export interface EdgeScene {
  readonly edges: ReadonlyMap<EdgeId, { readonly status: EdgeStatus; readonly monoMs: number }>
  readonly tables: ReadonlyMap<
    EdgeId,
    { readonly table: EdgeTable; readonly encoded: EncodedTable }
  >
  readonly desired: ReadonlyMap<
    EdgeId,
    Pick<TableManifest, 'epoch' | 'version' | 'slices' | 'inline'>
  >
  readonly nowMs: number
}

/** Why an edge may still send requests to the container. */
export interface Unquiet {
  readonly edge: string
  readonly why: string
}

export interface QuietLook {
  readonly marks: Marks
  /** Empty: no edge that reports sends it anything any more, and no request is under way. */
  readonly unquiet: readonly Unquiet[]
  /** Names of edges that may still do so, and that nobody waits for. */
  readonly lost: readonly string[]
}

/**
 * Whether a container that was taken out can be touched unnoticed. An edge is quiet for it when it
 * says so of the first table without it, or of any later one: the newest table is no measure, since
 * a busy fleet writes another before the last one is quiet.
 *
 * An edge that is silent for a moment may be starting again, and is waited for. One that is lost takes
 * no tables, so waiting would end in nothing but the limit, for every stop there is.
 */
export function lookForQuiet(
  ref: ContainerRef,
  services: readonly ServiceKey[],
  scene: EdgeScene,
  before: Marks,
): QuietLook {
  const marks = new Map<EdgeId, Mark>()
  const unquiet: Unquiet[] = []
  const lost: string[] = []
  for (const [edge, { status, monoMs }] of scene.edges) {
    const silentMs = scene.nowMs - monoMs
    if (silentMs >= FORGOTTEN_AFTER_MS) continue
    const desired = scene.desired.get(edge)
    // It was never given a table, and has none of an earlier life either.
    if (desired === undefined && status.inForce === undefined) continue
    const { epoch, version } = desired ?? NO_TABLE
    const isOut = desired !== undefined && isOutOf(ref, services, desired, scene.tables.get(edge))
    const mark = isOut ? (before.get(edge) ?? { epoch, version }) : undefined
    if (mark !== undefined) marks.set(edge, mark)
    const why = whyNot(ref, status, mark, silentMs)
    if (why === undefined) continue
    if (silentMs >= LOST_AFTER_MS) lost.push(status.name)
    else unquiet.push({ edge: status.name, why })
  }
  return { marks, unquiet, lost: lost.sort() }
}

const NO_TABLE: Mark = { epoch: 0, version: 0 }

function whyNot(
  ref: ContainerRef,
  { busy, busyMore = false, quiet }: EdgeStatus,
  mark: Mark | undefined,
  silentMs: number,
): string | undefined {
  if (silentMs >= STALE_AFTER_MS) {
    return `has not reported for ${Math.round(silentMs / 1_000)} s`
  }
  if (mark === undefined) return 'has no table without it yet'
  if (quiet === undefined || compareMarks(quiet, mark) < 0) return 'is not quiet yet'
  const requests = busy?.find((each) => isSameRef(each, ref))?.requests
  if (requests !== undefined) return `has ${requests} requests under way`
  return busyMore ? `has requests under way at ${busy?.length ?? 0} containers and more` : undefined
}

function compareMarks(a: Mark, b: Mark): number {
  return a.epoch - b.epoch || a.version - b.version
}

/**
 * Slices that ride in the head are read: what is not in their text is not in them. Of the others, those
 * that could have the container are compared with our own by their hashes.
 */
function isOutOf(
  ref: ContainerRef,
  services: readonly ServiceKey[],
  desired: Pick<TableManifest, 'slices' | 'inline'>,
  own: { readonly table: EdgeTable; readonly encoded: EncodedTable } | undefined,
): boolean {
  const texts = desired.slices.map((_, bucket) => desired.inline?.[bucket] ?? undefined)
  if (texts.some((text) => text?.includes(ref.container))) return false
  if (!texts.includes(undefined)) return true
  if (own === undefined) return false
  const { encoded, table } = own
  if (encoded.slices.length !== desired.slices.length) return false
  return services.every((key) => {
    const pools = table.services.get(key)?.services ?? []
    if (pools.some(({ endpoints }) => endpoints.some((each) => isSameRef(each, ref)))) return false
    return encoded.slices.every(
      (slice, bucket) =>
        texts[bucket] !== undefined ||
        (pools.length > 0 && !slice.keys.has(key)) ||
        slice.hash === desired.slices[bucket],
    )
  })
}
