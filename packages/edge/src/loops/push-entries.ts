import type { Digest } from '@roadstead/shared/kernel/digest.ts'
import { unreachable } from '@roadstead/shared/kernel/invariant.ts'
import { allEntries, type EntrySet, liveGeneration } from '../core/live/entries.ts'
import type { LiveStep, LiveTable, Pushed, RunningGeneration } from '../core/live/live-table.ts'

export interface PushEntriesDeps {
  readonly live: LiveTable
  readonly nginx: { runs(): Promise<RunningGeneration | undefined> }
  readonly digest: Digest
}

export type Arrived =
  | { readonly kind: 'arrived'; readonly running: RunningGeneration }
  /** What runs is unknown now. */
  | { readonly kind: 'lost'; readonly detail: string }
  /** It did not take the new entries, and has the old ones. */
  | { readonly kind: 'refused'; readonly detail: string }

/** Takes the memory of nginx from one set to another, and believes it when nginx says so itself. */
export async function pushEntries(
  deps: PushEntriesDeps,
  from: EntrySet,
  steps: readonly LiveStep[],
  to: EntrySet,
): Promise<Arrived> {
  const sent = await sendEntries(deps, from, steps, to)
  return sent.arrived()
}

/** The first half of it: visitors are led by them, and `arrived` asks whether that is so. */
export async function sendEntries(
  deps: PushEntriesDeps,
  from: EntrySet,
  steps: readonly LiveStep[],
  to: EntrySet,
): Promise<{ arrived(): Promise<Arrived> }> {
  const { live, digest } = deps
  const names = { from: liveGeneration(from, digest), to: liveGeneration(to, digest) }
  const pushed = await live.push(steps, names.from, names.to)
  return { arrived: () => judge(deps, pushed, names.to, from) }
}

/** Everything anew, for an nginx of which nobody knows what it has. */
export async function replaceEntries(
  deps: PushEntriesDeps,
  to: EntrySet,
  from: EntrySet | undefined,
): Promise<Arrived> {
  const name = liveGeneration(to, deps.digest)
  const running = await deps.nginx.runs()
  if (running?.live === name) return { kind: 'arrived', running }
  return judge(deps, await deps.live.replace(allEntries(to), name), name, from)
}

async function judge(
  deps: PushEntriesDeps,
  pushed: Pushed,
  name: string,
  from: EntrySet | undefined,
): Promise<Arrived> {
  switch (pushed.kind) {
    case 'pushed':
      return confirm(deps, name)
    case 'refused':
      return { kind: (await putBack(deps, from)) ? 'refused' : 'lost', detail: pushed.detail }
    case 'other-base':
      return { kind: 'lost', detail: 'nginx had other entries than those that this edge gave it' }
    case 'unreachable':
      return { kind: 'lost', detail: 'nginx did not answer to a push of entries' }
    default:
      return unreachable(pushed)
  }
}

async function confirm({ nginx }: PushEntriesDeps, name: string): Promise<Arrived> {
  const running = await nginx.runs()
  if (running?.live === name) return { kind: 'arrived', running }
  return { kind: 'lost', detail: 'nginx does not answer by the entries that it took' }
}

/** A push that was refused may have come halfway. */
async function putBack(deps: PushEntriesDeps, from: EntrySet | undefined): Promise<boolean> {
  if (from === undefined) return false
  const name = liveGeneration(from, deps.digest)
  const back = await deps.live.replace(allEntries(from), name)
  return back.kind === 'pushed'
}
