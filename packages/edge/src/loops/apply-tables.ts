import { backoff } from '@roadstead/shared/kernel/backoff.ts'
import { unreachable } from '@roadstead/shared/kernel/invariant.ts'
import type { Random } from '@roadstead/shared/kernel/random.ts'
import type { EdgeOutcome } from '@roadstead/shared/protocol/edge-status.ts'
import { leftOut } from '../core/checks.ts'
import type { Rendering } from '../core/nginx/render.ts'
import { strandedRoutes } from '../core/nginx/site.ts'
import { isBudgetNear, paceMs } from '../core/pace.ts'
import { type Plan, plan } from '../core/plan.ts'
import { arrive } from '../core/quiet.ts'
import { learnJoins, sharesAt } from '../core/slow-start.ts'
import { type Circles, circlesOf } from '../core/streams/circles.ts'
import { refuseStreams } from '../core/streams/refuse-streams.ts'
import { type EdgeTable, keyOf } from '../core/table.ts'
import {
  overBudget,
  STRANDED,
  tellRefused,
  TOO_MANY,
  UPSTREAMS_WARN,
} from '../core/upstream-budget.ts'
import type { OldWorkers } from '../core/workers.ts'
import type { Desired, EdgeState } from '../core/edge-state.ts'
import { type Job, rejecter } from './job.ts'
import { LOOK_AGAIN_MS, lookAtPorts, type LookAtPortsDeps } from './look-at-ports.ts'
import { pushInForce } from './push-in-force.ts'
import { putInForce, type PutDeps } from './put-in-force.ts'
import { stillQuarantined } from './search-guilty.ts'

const RETRY_MS_FIRST = 250
const RETRY_MS_MAX = 15_000

export interface ApplyTablesDeps extends PutDeps, LookAtPortsDeps {
  readonly state: EdgeState
  readonly random: Random
}

/** What is to be done for the newest wish, seen at one moment. */
interface Work extends Job {
  readonly plan: Plan
  /** When an endpoint that starts slowly gets more; undefined when none does. */
  readonly changesMs: number | undefined
}

/** What was looked at last: the next look costs as much as what differs. */
interface Seen {
  table: EdgeTable | undefined
  rendering: Rendering | undefined
}

/**
 * Brings nginx to the newest accepted table, whatever happened before: it starts from what is wanted
 * and from what is known to run, never from a message. Changes that come meanwhile are one change.
 */
export async function applyTables(deps: ApplyTablesDeps, signal: AbortSignal): Promise<void> {
  const { state, clock, random } = deps
  const retry = backoff({ firstMs: RETRY_MS_FIRST, maxMs: RETRY_MS_MAX }, random)
  const seen: Seen = { table: undefined, rendering: undefined }
  using timers = new DisposableStack()
  let timer: Disposable | undefined
  timers.defer(() => timer?.[Symbol.dispose]())
  while (!signal.aborted) {
    await state.applyBell.rung(signal)
    timer?.[Symbol.dispose]()
    const work = await nextWork(deps, seen, signal)
    if (work === undefined) continue
    const outcome = await perform(deps, work, signal)
    if (signal.aborted) break
    state.settle(outcome)
    if (outcome.kind !== 'rejected') retry.reset()
    const nextMs =
      outcome.kind === 'rejected' ? retry.nextMs() : waitMs(work.changesMs, clock.monoMs())
    timer = nextMs === undefined ? undefined : clock.after(nextMs, () => state.wish())
  }
}

function waitMs(atMs: number | undefined, nowMs: number): number | undefined {
  return atMs === undefined ? undefined : Math.max(1, atMs - nowMs)
}

/** The newest work when its time has come; a newer wish during the wait replaces it. */
async function nextWork(
  deps: ApplyTablesDeps,
  seen: Seen,
  signal: AbortSignal,
): Promise<Work | undefined> {
  const { state, clock } = deps
  const wantedSinceMs = clock.monoMs()
  for (;;) {
    await lookAtPorts(deps)
    if (signal.aborted) return undefined
    const first = lookAtWork(deps, seen)
    // A push has no price that would have to be spread over time.
    if (first?.plan.kind !== 'reload') return first
    const oldWorkers = await countOldWorkers(deps)
    const work = lookAtWork(deps, seen)
    if (work === undefined || signal.aborted) return undefined
    if (work.plan.kind !== 'reload') return work
    const { removes } = work.plan
    const last = state.lastReload
    const pauseMs = paceMs({ nowMs: clock.monoMs(), wantedSinceMs, last, oldWorkers, removes })
    if (pauseMs === 0) return work
    using _timer = clock.after(pauseMs, () => state.applyBell.ring())
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

function lookAtWork(deps: ApplyTablesDeps, seen: Seen): Work | undefined {
  const { state, render, clock, log } = deps
  const { desired } = state
  if (desired === undefined) return undefined
  const { table } = desired
  const nowMs = clock.monoMs()
  state.quarantine = stillQuarantined(state.quarantine, table)
  state.joins = learnJoins(state.joins, seen.table, table, nowMs)
  const { quarters, changesMs: nextShareMs } = sharesAt(state.joins, table, nowMs)
  const circles = circlesOf(table, deps.ports.isOwn)
  const tooMany = refuseFor(deps, table, circles)
  const excluded = new Set([...state.quarantine.keys(), ...tooMany.map(keyOf)])
  const { users, shownCertificates: certificates } = state
  const failing = leftOut(table, state.health)
  const isPlain = circles.endpoints.size === 0
  const out = isPlain ? failing : new Set([...failing, ...circles.endpoints])
  const view = { leftOut: out, excluded, quarters, users, certificates }
  const rendering = render(table, view, seen.rendering)
  seen.table = table
  seen.rendering = rendering
  const isNewTable = desired.stamp !== state.inForce?.stamp
  if (isNewTable && rendering.peers.size > UPSTREAMS_WARN) {
    log.warn(
      { services: rendering.peers.size, refused: tooMany.length },
      'many services for reloads',
    )
  }
  const againMs = state.portTroubles.size === 0 ? undefined : nowMs + LOOK_AGAIN_MS
  const changesMs = earlier(nextShareMs, againMs)
  return { desired, view, rendering, plan: plan(state.rendering, rendering), changesMs }
}

function earlier(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined || b === undefined ? (a ?? b) : Math.min(a, b)
}

/** Tells what is refused; gives what is too much. What cannot be beside others is shut in the text. */
function refuseFor({ state, clock, live }: ApplyTablesDeps, table: EdgeTable, circles: Circles) {
  const incumbents = new Set<string>(state.rendering?.peers.keys())
  // Without upstreams in the text there is no limit to their number.
  const tooMany = live === undefined ? overBudget(table, incumbents) : []
  const streams = refusedStreams(state, table, circles)
  const refused = [
    ...streams,
    ...tooMany.map((route) => ({ route, reason: TOO_MANY })),
    ...[...strandedRoutes(table.routes)].map((route) => ({ route, reason: STRANDED })),
  ]
  const now = new Date(clock.wallMs()).toISOString()
  state.refused = tellRefused(table, refused, state.refused, now)
  return [...tooMany, ...streams.map(({ route }) => route)]
}

function refusedStreams(
  { rendering, portTroubles }: EdgeState,
  { streams }: EdgeTable,
  circles: Circles,
) {
  const troubles = new Map([...circles.troubles, ...portTroubles])
  return refuseStreams(streams, troubles, new Set(rendering?.streams.streams.keys()))
}

async function perform(
  deps: ApplyTablesDeps,
  work: Work,
  signal: AbortSignal,
): Promise<EdgeOutcome> {
  switch (work.plan.kind) {
    case 'none':
      return takeUnchanged(deps, work)
    case 'push':
      return pushInForce(deps, work, work.plan.steps)
    case 'reload':
      return putInForce(deps, work, work.plan.live, signal)
    default:
      return unreachable(work.plan)
  }
}

/** The same text and entries for a newer table: nginx is left alone, and the stamp moves on. */
async function takeUnchanged(
  deps: ApplyTablesDeps,
  { desired, rendering }: Work,
): Promise<EdgeOutcome> {
  const { state, clock, disk } = deps
  const at = new Date(clock.wallMs()).toISOString()
  if (state.inForce === undefined || state.inForce.stamp === desired.stamp) {
    return state.outcome.kind === 'rejected' ? { kind: 'unchanged', at } : state.outcome
  }
  const fenced = await disk.writeFence({ v: 1, ...state.fence })
  if (fenced.kind !== 'written') return rejecter(deps, desired)(fenced.kind, fenced.detail)
  moveOn(deps, desired, rendering)
  return { kind: 'unchanged', at }
}

function moveOn({ state, clock }: ApplyTablesDeps, desired: Desired, rendering: Rendering): void {
  const { inForce } = state
  if (inForce === undefined) return
  state.quietBook = arrive(state.quietBook, inForce.table, desired, clock.monoMs())
  state.inForce = { ...inForce, stamp: desired.stamp, table: desired.table }
  state.rendering = rendering
  state.quietBell.ring()
  state.keepBell.ring()
}
