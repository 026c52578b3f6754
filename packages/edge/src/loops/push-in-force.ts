import type { EdgeOutcome } from '@roadstead/shared/protocol/edge-status.ts'
import { noEntries } from '../core/live/entries.ts'
import type { LiveStep, LiveTable, RunningGeneration } from '../core/live/live-table.ts'
import type { PersistedFence } from '../core/persisted.ts'
import { enterForce, type Job, type JobDeps, rejecter, type Written } from './job.ts'
import { replaceEntries, sendEntries } from './push-entries.ts'

export interface PushDeps extends JobDeps {
  readonly nginx: { runs(): Promise<RunningGeneration | undefined> }
  readonly disk: { writeFence(fence: PersistedFence): Promise<Written> }
  /** Undefined in the reload tier. */
  readonly live: LiveTable | undefined
}

/**
 * Puts one rendering in force whose text already runs: a push into the memory of nginx, read back
 * over a fresh connection. The fence goes to the disk once nginx has taken the push, since no visitor
 * waits for it; no master hears of the table before it is there.
 */
export async function pushInForce(
  deps: PushDeps,
  job: Job,
  steps: readonly LiveStep[],
): Promise<EdgeOutcome> {
  const { state, disk, clock, live } = deps
  const reject = rejecter(deps, job.desired)
  const before = state.rendering
  if (live === undefined) return reject('push-refused', 'this nginx takes no entries')
  const kit = { ...deps, live }
  const from = before?.live?.entries ?? noEntries
  const to = job.rendering.live?.entries ?? noEntries
  const file = state.inForce?.file
  const signalledMs = clock.wallMs()
  state.rendering = undefined
  const sent = await sendEntries(kit, from, steps, to)
  const [arrived, fenced] = await Promise.all([
    sent.arrived(),
    disk.writeFence({ v: 1, ...state.fence }),
  ])
  if (arrived.kind === 'refused') {
    state.rendering = before
    return reject('push-refused', arrived.detail)
  }
  if (arrived.kind === 'lost') return reject('not-answering', arrived.detail)
  if (fenced.kind !== 'written') {
    // Nobody was told of it. What the disk remembers is what nginx serves.
    const back = await replaceEntries(kit, from, undefined)
    if (back.kind === 'arrived') state.rendering = before
    return reject(fenced.kind, fenced.detail)
  }
  if (arrived.running.file !== file) {
    return reject('not-answering', 'nginx was started from another file meanwhile')
  }
  enterForce(deps, job, { file, writtenMs: signalledMs, signalledMs })
  state.verified = state.inForce?.generation
  state.pushes += 1
  return state.outcome
}
