import type { Clock } from '@roadstead/shared/kernel/clock.ts'
import type { Digest } from '@roadstead/shared/kernel/digest.ts'
import type { Log } from '@roadstead/shared/kernel/log.ts'
import type { EdgeState } from '../core/edge-state.ts'
import { liveText } from '../core/live/entries.ts'
import type { PersistedTable } from '../core/persisted.ts'
import { sizeOf } from '../core/status.ts'
import type { EdgeTable } from '../core/table.ts'
import type { Written } from './job.ts'

/** A stream of changes is written a few times a second, and never delays a change. */
const KEEP_GAP_MS = 250
/** All of it is written each time, some 250 bytes a route or endpoint: at most a megabyte a second. */
const KEEP_GAP_MS_PER_THING = 0.25
/** A full disk is tried again, since nothing else may change for hours. */
const RETRY_MS = 5_000

export interface KeepTablesDeps {
  readonly disk: { writeTable(table: PersistedTable): Promise<Written> }
  readonly files: { keepLive(text: string): Promise<Written> }
  readonly state: EdgeState
  readonly digest: Digest
  readonly clock: Clock
  readonly log: Log
}

/**
 * Writes what is in force to the disk, so that a restart serves it with nobody there to ask. If this
 * process dies before, a restart serves the one before: nothing but freshness is lost. The table goes
 * first: entries older than their table are brought up to it by the next life, newer ones would be
 * taken back by it.
 */
export async function keepTables(deps: KeepTablesDeps, signal: AbortSignal): Promise<void> {
  const { state, clock, log } = deps
  while (!signal.aborted) {
    await state.keepBell.rung(signal)
    const kept = await keep(deps)
    if (kept.kind !== 'written') log.error({ ...kept }, 'table in force is not on the disk')
    if (signal.aborted) return
    using _retry = clock.after(RETRY_MS, () => state.keepBell.ring())
    await clock.sleep(kept.kind === 'written' ? gapMs(state.inForce?.table) : RETRY_MS, signal)
  }
}

function gapMs(table: EdgeTable | undefined): number {
  if (table === undefined) return KEEP_GAP_MS
  const { routes, endpoints } = sizeOf(table)
  return Math.max(KEEP_GAP_MS, KEEP_GAP_MS_PER_THING * (routes + endpoints))
}

/** Own checks and slow starts change the entries of a table that is kept already. */
async function keep({ state, disk, files, digest }: KeepTablesDeps): Promise<Written> {
  const { inForce, kept } = state
  if (inForce === undefined) return { kind: 'written' }
  const { stamp, table, generation, entries } = inForce
  if (stamp !== kept?.stamp) {
    const { services, routes, streams } = table
    const lists = { services: [...services], routes: [...routes], streams: [...streams] }
    const written = await disk.writeTable({ v: 1, stamp, ...lists })
    if (written.kind !== 'written') return written
  }
  if (entries !== undefined && generation !== kept?.generation) {
    const written = await files.keepLive(liveText(entries, digest))
    if (written.kind !== 'written') return written
  }
  state.kept = { stamp, generation }
  return { kind: 'written' }
}
