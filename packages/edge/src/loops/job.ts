import type { Clock } from '@roadstead/shared/kernel/clock.ts'
import type { Digest } from '@roadstead/shared/kernel/digest.ts'
import type { Log } from '@roadstead/shared/kernel/log.ts'
import type { EdgeOutcome } from '@roadstead/shared/protocol/edge-status.ts'
import type { Desired, EdgeState } from '../core/edge-state.ts'
import { liveGeneration, wholeGeneration } from '../core/live/entries.ts'
import type { Rendering } from '../core/nginx/render.ts'
import type { OwnView } from '../core/own-view.ts'
import { arrive } from '../core/quiet.ts'

/** One table on its way to nginx, as this edge renders it now. */
export interface Job {
  readonly desired: Desired
  readonly view: OwnView
  readonly rendering: Rendering
}

export type Written =
  | { readonly kind: 'written' }
  | { readonly kind: 'disk-full' | 'disk-failed'; readonly detail: string }

export type Reason = Extract<EdgeOutcome, { kind: 'rejected' }>['reason']
export type Reject = (reason: Reason, detail: string) => EdgeOutcome

export interface JobDeps {
  readonly state: EdgeState
  readonly digest: Digest
  readonly clock: Clock
  readonly log: Log
}

/** How a job came into force; times of the wall clock, for the trace. */
export interface Way {
  readonly file: string
  readonly writtenMs: number
  readonly signalledMs: number
}

/** In force from here on: nginx answers by it. The masters hear it, and it goes to the disk. */
export function enterForce(deps: JobDeps, job: Job, way: Way): void {
  const { state, digest, clock, log } = deps
  const { stamp, table, trace, acceptedMs } = job.desired
  const answeringMs = clock.wallMs()
  const at = new Date(answeringMs).toISOString()
  const { live } = job.rendering
  const name = live === undefined ? undefined : liveGeneration(live.entries, digest)
  const generation = wholeGeneration(way.file, name, digest)
  state.quietBook = arrive(state.quietBook, state.inForce?.table, job.desired, clock.monoMs())
  state.rendering = job.rendering
  state.inForce = { stamp, table, generation, file: way.file, entries: live?.entries, since: at }
  if (trace !== undefined && state.applied?.trace !== trace) {
    const { writtenMs, signalledMs } = way
    state.applied = { trace, acceptedMs, writtenMs, signalledMs, answeringMs }
  }
  state.quietBell.ring()
  state.keepBell.ring()
  state.settle({ kind: 'applied', at })
  const tookMs = Math.round(answeringMs - way.signalledMs)
  log.info({ ...stamp, generation, tookMs }, 'table in force')
}

export function rejecter({ clock, log }: JobDeps, desired: Desired): Reject {
  return (reason, detail) => {
    log.error({ ...desired.stamp, reason, detail }, 'table rejected')
    const at = new Date(clock.wallMs()).toISOString()
    return { kind: 'rejected', at, offered: desired.stamp, reason, detail: detail.slice(0, 512) }
  }
}
