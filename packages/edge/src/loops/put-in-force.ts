import type { Clock } from '@roadstead/shared/kernel/clock.ts'
import type { EdgeOutcome } from '@roadstead/shared/protocol/edge-status.ts'
import { type AroundReload, deltaAroundReload } from '../core/live/delta.ts'
import type { Sealed } from '../core/nginx/envelope.ts'
import type { Rendering } from '../core/nginx/render.ts'
import type { OldWorkers } from '../core/workers.ts'
import { enterForce, type Job, rejecter, type Reject, type Written } from './job.ts'
import { entriesAfter, entriesBefore } from './push-around.ts'
import { replaceEntries } from './push-entries.ts'
import type { PushDeps } from './push-in-force.ts'
import { testOrQuarantine, type TestTextDeps } from './test-text.ts'

/** nginx answers by a new generation within tens of milliseconds, or something is wrong. */
const ANSWERING_MS = 5_000
/** Each look costs less than half a millisecond, and a new generation comes once per reload. */
const ANSWERING_POLL_MS = 1
/** Old workers go on taking connections for 100 ms: a change is certain when they no longer do. */
const VERIFIED_IN_A_ROW = 5
const VERIFIED_OVER_MS = 150
const VERIFIED_POLL_MS = 30
/** From one reload to the next; a wish that waits longer than this need not wait for `verified`. */
const SUPERSEDE_AFTER_MS = 150
/**
 * Live tier: before a reload visitors are asked for so long to come back over a new connection, which
 * most of those that are busy do within it. All that must not wait has been pushed before: endpoints
 * that leave, and domains that are entries. What is left is text, and a service without endpoints
 * answers 503 whatever text leads to it. So a removal waits, too.
 */
const CLOSING_MS = 200

export interface PutDeps extends PushDeps, TestTextDeps {
  readonly nginx: PushDeps['nginx'] &
    TestTextDeps['nginx'] & {
      running(): boolean
      reload(): boolean | Promise<boolean>
      /** Of the file that a lone fresh connection is answered by. */
      generation(): Promise<string | undefined>
      /** One of several fresh connections at once is answered by this file. */
      answersBy(generation: string): Promise<boolean>
      oldWorkers(): Promise<OldWorkers>
    }
  readonly files: TestTextDeps['files'] & {
    commit(): Promise<Written>
    keepAsGood(): Promise<Written>
    restoreGood(): Promise<Written>
  }
}

/**
 * Puts one rendering in force by a reload: test it beside the running nginx, write it, tell nginx,
 * and believe nothing until nginx itself answers by it. Whatever fails leaves what was in force in
 * force.
 *
 * @param planned what is pushed before and after; undefined when all entries must be pushed anew.
 */
export async function putInForce(
  deps: PutDeps,
  wanted: Job,
  planned: AroundReload | undefined,
  signal: AbortSignal,
): Promise<EdgeOutcome> {
  const { files, disk, nginx, state, clock } = deps
  const reject = rejecter(deps, wanted.desired)
  const [tested, fenced] = await Promise.all([
    testOrQuarantine(deps, wanted),
    disk.writeFence({ v: 1, ...state.fence }),
  ])
  if (fenced.kind !== 'written') return reject(fenced.kind, fenced.detail)
  if (tested.kind === 'rejected') return reject(tested.reason, tested.detail)
  const { job, sealed } = tested
  const before = state.rendering
  // After a restart nginx may run on this very text already.
  const mayRun = before === undefined
  state.rendering = undefined
  const around = job === wanted ? planned : aroundFor(before, job)
  const pushed = await entriesBefore(deps, { before, job, around })
  if (pushed.kind !== 'arrived') {
    if (pushed.kind === 'refused') state.rendering = before
    return reject(pushed.kind === 'refused' ? 'push-refused' : 'not-answering', pushed.detail)
  }
  const committed = await files.commit()
  if (committed.kind !== 'written') {
    await goBack(deps, before)
    return reject(committed.kind, committed.detail)
  }
  const writtenMs = clock.wallMs()
  state.oldWorkers = undefined
  const isRunning = mayRun && (await nginx.answersBy(sealed.generation))
  if (!isRunning) await askToClose(deps, signal)
  const signalledMs = clock.monoMs()
  if (!isRunning && !(await nginx.reload())) return reject('nginx-down', 'nginx does not run')
  if (!(await answers(deps, sealed.generation, signal))) {
    return rollBack(deps, before, reject, signal)
  }
  const tookMs = clock.monoMs() - signalledMs
  if (!isRunning) {
    state.lastReload = { signalledMs, tookMs }
    state.reloads += 1
  }
  const way = { file: sealed.generation, writtenMs, signalledMs: clock.wallMs() - tookMs }
  const isLast = pushed.rest === undefined
  if (isLast) await settle(deps, job, way)
  if (!(await verify(deps, sealed, isLast, signalledMs, signal))) {
    return rollBack(deps, before, reject, signal)
  }
  if (pushed.rest !== undefined) {
    const rest = await entriesAfter(deps, pushed.rest)
    if (rest.kind !== 'arrived') return reject('not-answering', rest.detail)
    await settle(deps, job, way)
    state.verified = state.inForce?.generation
  }
  await deps.live?.setClosing(false)
  state.oldWorkers = await nginx.oldWorkers()
  return state.outcome
}

/** Without the routes that nginx refused, which were in the plan. */
function aroundFor(before: Rendering | undefined, job: Job): AroundReload | undefined {
  if (before?.live === undefined || job.rendering.live === undefined) return undefined
  return deltaAroundReload(before.live, job.rendering.live)
}

async function settle(
  deps: PutDeps,
  job: Job,
  way: Parameters<typeof enterForce>[2],
): Promise<void> {
  enterForce(deps, job, way)
  await deps.files.keepAsGood()
}

async function askToClose({ live, clock }: PutDeps, signal: AbortSignal): Promise<void> {
  if (live === undefined || !(await live.setClosing(true))) return
  await clock.sleep(CLOSING_MS, signal)
}

async function answers(
  { nginx, clock }: { readonly nginx: PutDeps['nginx']; readonly clock: Clock },
  generation: string,
  signal: AbortSignal,
): Promise<boolean> {
  const deadline = clock.monoMs() + ANSWERING_MS
  while (!signal.aborted && clock.monoMs() < deadline) {
    if (await nginx.answersBy(generation)) return true
    await clock.sleep(ANSWERING_POLL_MS, signal)
  }
  return false
}

/** Several fresh connections in a row: no worker of an older generation takes any more. */
async function verify(
  { nginx, clock, state }: PutDeps,
  { generation }: Sealed,
  isLast: boolean,
  signalledMs: number,
  signal: AbortSignal,
): Promise<boolean> {
  const deadline = signalledMs + ANSWERING_MS
  const wishes = state.wishes
  let inARow = 0
  let sinceMs = clock.monoMs()
  while (!signal.aborted && clock.monoMs() < deadline) {
    if ((await nginx.generation()) !== generation) {
      inARow = 0
      sinceMs = clock.monoMs()
    } else inARow += 1
    const isCertain = inARow >= VERIFIED_IN_A_ROW && clock.monoMs() - sinceMs >= VERIFIED_OVER_MS
    // What comes next is verified in its place.
    const isSuperseded =
      isLast && state.wishes !== wishes && clock.monoMs() - signalledMs > SUPERSEDE_AFTER_MS
    if (isCertain && isLast) state.verified = state.inForce?.generation
    if (isCertain || isSuperseded) return true
    await clock.sleep(VERIFIED_POLL_MS, signal)
  }
  return signal.aborted
}

/** Back to what nginx was last seen to answer by, on disk and, when it listens, in the running one. */
async function rollBack(
  deps: PutDeps,
  before: Rendering | undefined,
  reject: Reject,
  signal: AbortSignal,
): Promise<EdgeOutcome> {
  const { files, nginx, state } = deps
  state.rendering = undefined
  if (signal.aborted) return state.outcome
  await files.restoreGood()
  await nginx.reload()
  await goBack(deps, before)
  return nginx.running()
    ? reject('not-answering', `no answer by the new generation within ${ANSWERING_MS} ms`)
    : reject('nginx-down', 'nginx does not run')
}

/** Entries as they were; what nginx holds then is looked at again by the next attempt. */
async function goBack(deps: PutDeps, before: Rendering | undefined): Promise<void> {
  const { live } = deps
  if (live === undefined || before?.live === undefined) return
  await live.setClosing(false)
  await replaceEntries({ ...deps, live }, before.live.entries, undefined)
}
