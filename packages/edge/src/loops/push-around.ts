import { type AroundReload, aroundUnknown } from '../core/live/delta.ts'
import { type EntrySet, liveGeneration } from '../core/live/entries.ts'
import type { LiveStep, LiveTable } from '../core/live/live-table.ts'
import type { LiveRendering } from '../core/live/render-live.ts'
import type { Rendering } from '../core/nginx/render.ts'
import type { Job } from './job.ts'
import { pushEntries, replaceEntries } from './push-entries.ts'
import type { PushDeps } from './push-in-force.ts'

/** One reload with the entries around it. */
interface Change {
  /** What runs; undefined when nobody knows. */
  readonly before: Rendering | undefined
  readonly job: Job
  readonly around: AroundReload | undefined
}

/** What is pushed when only the new text is left. */
interface Rest {
  readonly from: EntrySet
  readonly steps: readonly LiveStep[]
  readonly to: EntrySet
}

type Before =
  | { readonly kind: 'arrived'; readonly rest: Rest | undefined }
  | { readonly kind: 'lost' | 'refused'; readonly detail: string }

const nothing: Before = { kind: 'arrived', rest: undefined }

/** Brings nginx the entries that the new text needs, and keeps those that the old one needs. */
export async function entriesBefore(deps: PushDeps, change: Change): Promise<Before> {
  const { live } = deps
  const wanted = change.job.rendering.live
  if (live === undefined || wanted === undefined) return nothing
  const from = change.before?.live?.entries
  const { around } = change
  if (from === undefined || around === undefined) return replaceBefore({ ...deps, live }, wanted)
  const { before, between, after } = around
  if (before.length > 0) {
    const pushed = await pushEntries({ ...deps, live }, from, before, between)
    if (pushed.kind !== 'arrived') return pushed
  }
  return { kind: 'arrived', rest: restOf(between, after, wanted) }
}

/** The text that runs may still lead to services that are no longer in the table. */
async function replaceBefore(
  deps: PushDeps & { readonly live: LiveTable },
  wanted: LiveRendering,
): Promise<Before> {
  const running = await deps.nginx.runs()
  if (running?.live === liveGeneration(wanted.entries, deps.digest)) return nothing
  const last = deps.state.inForce?.table
  const { between, after } =
    last === undefined || last === wanted.table
      ? { between: wanted.entries, after: [] }
      : aroundUnknown(last, wanted)
  const replaced = await replaceEntries(deps, between, undefined)
  if (replaced.kind !== 'arrived') return replaced
  return { kind: 'arrived', rest: restOf(between, after, wanted) }
}

function restOf(from: EntrySet, steps: readonly LiveStep[], wanted: LiveRendering) {
  return steps.length === 0 ? undefined : { from, steps, to: wanted.entries }
}

export async function entriesAfter(
  deps: PushDeps,
  { from, steps, to }: Rest,
): Promise<{ readonly kind: 'arrived' } | { readonly kind: 'lost'; readonly detail: string }> {
  const { live } = deps
  if (live === undefined) return { kind: 'arrived' }
  const pushed = await pushEntries({ ...deps, live }, from, steps, to)
  return pushed.kind === 'arrived' ? pushed : { kind: 'lost', detail: pushed.detail }
}
