import { backoff } from '@roadstead/shared/kernel/backoff.ts'
import type { Clock } from '@roadstead/shared/kernel/clock.ts'
import type { Digest } from '@roadstead/shared/kernel/digest.ts'
import { unreachable } from '@roadstead/shared/kernel/invariant.ts'
import type { Log } from '@roadstead/shared/kernel/log.ts'
import type { Random } from '@roadstead/shared/kernel/random.ts'
import type { EdgeOutcome } from '@roadstead/shared/protocol/edge-status.ts'
import { leftOut } from '../core/checks.ts'
import type { OwnView, Rendering } from '../core/nginx/render.ts'
import { isBudgetNear, paceMs } from '../core/pace.ts'
import { type Plan, plan } from '../core/plan.ts'
import type { EdgeTable } from '../core/table.ts'
import { overBudget, routeKeys, tellRefused, UPSTREAMS_WARN } from '../core/upstream-budget.ts'
import type { OldWorkers } from '../core/workers.ts'
import type { Desired, EdgeState } from '../core/edge-state.ts'
import { putInForce, type PutDeps } from './put-in-force.ts'
import { stillQuarantined } from './search-guilty.ts'

const RETRY_MS_FIRST = 250
const RETRY_MS_MAX = 15_000

export interface ApplyTablesDeps extends PutDeps {
  readonly render: (table: EdgeTable, view: OwnView) => Rendering
  readonly state: EdgeState
  readonly digest: Digest
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
}

/** What is to be done for the newest wish, seen at one moment. */
interface Work {
  readonly desired: Desired
  readonly view: OwnView
  readonly rendering: Rendering
  readonly plan: Plan
}

/**
 * Brings nginx to the newest accepted table, whatever happened before: it starts from what is wanted
 * and from what is known to run, never from a message. Changes that come meanwhile are one change.
 */
export async function applyTables(deps: ApplyTablesDeps, signal: AbortSignal): Promise<void> {
  const { state, clock, random } = deps
  const retry = backoff({ firstMs: RETRY_MS_FIRST, maxMs: RETRY_MS_MAX }, random)
  let retryTimer: Disposable | undefined
  while (!signal.aborted) {
    await state.applyBell.rung(signal)
    retryTimer?.[Symbol.dispose]()
    const work = await nextWork(deps, signal)
    if (work === undefined) continue
    const outcome = await perform(deps, work, signal)
    if (signal.aborted) break
    state.settle(outcome)
    if (outcome.kind !== 'rejected') retry.reset()
    else retryTimer = clock.after(retry.nextMs(), () => state.wish())
  }
  retryTimer?.[Symbol.dispose]()
}

/** The newest work when its time has come; a newer wish during the wait replaces it. */
async function nextWork(deps: ApplyTablesDeps, signal: AbortSignal): Promise<Work | undefined> {
  const { state, clock } = deps
  const wantedSinceMs = clock.monoMs()
  for (;;) {
    const oldWorkers = await countOldWorkers(deps)
    const work = lookAtWork(deps)
    if (work === undefined || signal.aborted) return undefined
    if (work.plan.kind === 'none') return work
    const { removes } = work.plan
    const last = state.lastReload
    const waitMs = paceMs({ nowMs: clock.monoMs(), wantedSinceMs, last, oldWorkers, removes })
    if (waitMs === 0) return work
    using _timer = clock.after(waitMs, () => state.applyBell.ring())
    await state.applyBell.rung(signal)
  }
}

/** As seen after the last reload, if that is far from any budget: counting takes milliseconds. */
async function countOldWorkers({ state, nginx }: ApplyTablesDeps): Promise<OldWorkers> {
  const seen = state.oldWorkers
  if (seen !== undefined && !isBudgetNear(seen)) return seen
  const counted = await nginx.oldWorkers()
  state.oldWorkers = counted
  return counted
}

function lookAtWork({ state, render, clock, log }: ApplyTablesDeps): Work | undefined {
  const { desired } = state
  if (desired === undefined) return undefined
  const { table } = desired
  state.quarantine = stillQuarantined(state.quarantine, table)
  const incumbents = new Set<string>(state.rendering?.peers.keys())
  const tooMany = overBudget(table, incumbents)
  const now = new Date(clock.wallMs()).toISOString()
  state.refused = tellRefused(table, tooMany, state.refused, now)
  const excluded = new Set([...state.quarantine.keys(), ...routeKeys(tooMany)])
  const view = { leftOut: leftOut(table, state.health), excluded }
  const rendering = render(table, view)
  const isNewTable = desired.stamp !== state.inForce?.stamp
  if (isNewTable && rendering.peers.size > UPSTREAMS_WARN) {
    log.warn(
      { services: rendering.peers.size, refused: tooMany.length },
      'many services for reloads',
    )
  }
  return { desired, view, rendering, plan: plan(state.rendering, rendering) }
}

async function perform(
  deps: ApplyTablesDeps,
  work: Work,
  signal: AbortSignal,
): Promise<EdgeOutcome> {
  switch (work.plan.kind) {
    case 'none':
      return takeUnchanged(deps, work.desired)
    case 'reload':
      return putInForce(deps, work, signal)
    default:
      return unreachable(work.plan)
  }
}

/** The same text for a newer table: nginx is left alone, and the stamp moves on. */
async function takeUnchanged(deps: ApplyTablesDeps, desired: Desired): Promise<EdgeOutcome> {
  const { state, clock, disk } = deps
  const at = new Date(clock.wallMs()).toISOString()
  const { stamp, table } = desired
  if (state.inForce === undefined || state.inForce.stamp === stamp) {
    return state.outcome.kind === 'rejected' ? { kind: 'unchanged', at } : state.outcome
  }
  const fenced = await disk.writeFence({ v: 1, ...state.fence })
  if (fenced.kind !== 'written') {
    const detail = fenced.detail
    return { kind: 'rejected', at, offered: stamp, reason: fenced.kind, detail }
  }
  state.inForce = { ...state.inForce, stamp, table }
  await disk.writeTable({ v: 1, stamp, ...copy(table) })
  return { kind: 'unchanged', at }
}

function copy(table: EdgeTable) {
  return { services: [...table.services], routes: [...table.routes] }
}
