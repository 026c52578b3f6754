import type { AroundReload } from '../core/live/delta.ts'
import type { EntrySet } from '../core/live/entries.ts'
import type { LiveStep } from '../core/live/live-table.ts'
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
  const to = change.job.rendering.live?.entries
  if (live === undefined || to === undefined) return nothing
  const kit = { ...deps, live }
  const from = change.before?.live?.entries
  const { around } = change
  if (from === undefined || around === undefined) {
    const replaced = await replaceEntries(kit, to, from)
    return replaced.kind === 'arrived' ? nothing : replaced
  }
  const { before, between, after } = around
  if (before.length > 0) {
    const pushed = await pushEntries(kit, from, before, between)
    if (pushed.kind !== 'arrived') return pushed
  }
  return {
    kind: 'arrived',
    rest: after.length === 0 ? undefined : { from: between, steps: after, to },
  }
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
