import type { Clock } from '@roadstead/shared/kernel/clock.ts'
import type { Digest } from '@roadstead/shared/kernel/digest.ts'
import { unreachable } from '@roadstead/shared/kernel/invariant.ts'
import type { Log } from '@roadstead/shared/kernel/log.ts'
import type { EdgeOutcome } from '@roadstead/shared/protocol/edge-status.ts'
import { cleanRefusal } from '../core/nginx/clean-refusal.ts'
import { seal, type Sealed } from '../core/nginx/envelope.ts'
import type { OwnView, Rendering } from '../core/nginx/render.ts'
import { readsAs } from '../core/nginx/tokenize.ts'
import type { PersistedFence, PersistedTable } from '../core/persisted.ts'
import { type EdgeTable, routeKey } from '../core/table.ts'
import type { OldWorkers } from '../core/workers.ts'
import type { Desired, EdgeState } from '../core/edge-state.ts'
import { searchGuilty, type TestAnswer } from './search-guilty.ts'

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

type Written = { readonly kind: 'written' } | DiskTrouble
interface DiskTrouble {
  readonly kind: 'disk-full' | 'disk-failed'
  readonly detail: string
}

export interface PutDeps {
  readonly nginx: {
    running(): boolean
    test(): Promise<{
      readonly ended: 'well' | 'badly' | 'too-late' | 'cut-short'
      readonly output: string
    }>
    reload(): boolean
    generation(): Promise<string | undefined>
    /** One of several fresh connections at once is answered by this generation. */
    answersBy(generation: string): Promise<boolean>
    oldWorkers(): Promise<OldWorkers>
  }
  readonly files: {
    stage(text: string): Promise<Written>
    commit(): Promise<Written>
    keepAsGood(): Promise<Written>
    restoreGood(): Promise<Written>
  }
  readonly disk: {
    writeFence(fence: PersistedFence): Promise<Written>
    writeTable(table: PersistedTable): Promise<Written>
  }
  readonly render: (table: EdgeTable, view: OwnView) => Rendering
  readonly state: EdgeState
  readonly digest: Digest
  readonly clock: Clock
  readonly log: Log
}

interface Job {
  readonly desired: Desired
  readonly view: OwnView
  readonly rendering: Rendering
}

type Reason = Extract<EdgeOutcome, { kind: 'rejected' }>['reason']

/**
 * Puts one rendering in force: test it beside the running nginx, write it, tell nginx, and believe
 * nothing until nginx itself answers by it. Whatever fails leaves what was in force in force.
 */
export async function putInForce(
  deps: PutDeps,
  wanted: Job,
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
  const committed = await files.commit()
  if (committed.kind !== 'written') return reject(committed.kind, committed.detail)
  const writtenMs = clock.wallMs()
  state.oldWorkers = undefined
  // After a restart nginx may run on this very text already.
  const mayRun = state.rendering === undefined
  state.rendering = undefined
  const isRunning = mayRun && (await nginx.answersBy(sealed.generation))
  const signalledMs = clock.monoMs()
  if (!isRunning && !nginx.reload()) return reject('nginx-down', 'nginx does not run')
  if (!(await answers(deps, sealed.generation, signal))) {
    return rollBack(deps, reject, signal)
  }
  const tookMs = clock.monoMs() - signalledMs
  if (!isRunning) {
    state.lastReload = { signalledMs, tookMs }
    state.reloads += 1
  }
  await settle(deps, job, sealed, { writtenMs, tookMs })
  if (!(await verify(deps, sealed.generation, signalledMs, signal))) {
    return rollBack(deps, reject, signal)
  }
  state.oldWorkers = await nginx.oldWorkers()
  return state.outcome
}

type Tested =
  | { readonly kind: 'tested'; readonly job: Job; readonly sealed: Sealed }
  | { readonly kind: 'rejected'; readonly reason: Reason; readonly detail: string }

/** A job that nginx takes; without the routes that it does not take. */
async function testOrQuarantine(deps: PutDeps, wanted: Job): Promise<Tested> {
  const { render, state, clock, log } = deps
  const first = await test(deps, wanted.rendering)
  if (first.kind === 'passed') return { kind: 'tested', job: wanted, sealed: first.sealed }
  if (first.kind === 'failed') return { ...first, kind: 'rejected' }
  const { desired, view } = wanted
  const search = { render, test: (rendering: Rendering) => test(deps, rendering), clock }
  const found = await searchGuilty(search, desired.table, view)
  if (found.kind === 'failed') return { ...found, kind: 'rejected' }
  if (found.kind === 'hopeless') {
    log.error({ nginx: found.output }, 'nginx refuses its own main file')
    return { kind: 'rejected', reason: 'test-failed', detail: cleanRefusal(found.output) }
  }
  for (const { route, containers, reason } of found.quarantine.values()) {
    log.error({ route: routeKey(route), containers, reason }, 'route quarantined')
  }
  state.quarantine = new Map([...state.quarantine, ...found.quarantine])
  const excluded = new Set([...view.excluded, ...found.quarantine.keys()])
  const rest = { ...view, excluded }
  const job = { desired, view: rest, rendering: render(desired.table, rest) }
  const second = await test(deps, job.rendering)
  if (second.kind === 'passed') return { kind: 'tested', job, sealed: second.sealed }
  if (second.kind === 'failed') return { ...second, kind: 'rejected' }
  return { kind: 'rejected', reason: 'test-failed', detail: cleanRefusal(second.output) }
}

/** Only what nginx itself says against a text is a refusal: a test that did not end blames no route. */
async function test(deps: PutDeps, rendering: Rendering): Promise<TestAnswer> {
  const { files, nginx, digest } = deps
  // Read back by rules of its own before nginx sees it: a printer that errs must not be believed.
  if (!readsAs(rendering.body, rendering.tree)) {
    return { kind: 'refused', output: 'the printed text does not read as what was meant' }
  }
  const sealed = seal(rendering.body, digest)
  const staged = await files.stage(sealed.text)
  if (staged.kind !== 'written')
    return { kind: 'failed', reason: staged.kind, detail: staged.detail }
  const { ended, output } = await nginx.test()
  switch (ended) {
    case 'well':
      return { kind: 'passed', sealed }
    case 'badly':
      return { kind: 'refused', output }
    case 'too-late':
      return failedTest('the test of the text by nginx took too long; it is tried again')
    case 'cut-short':
      return failedTest('the test of the text by nginx did not run to its end; it is tried again')
    default:
      return unreachable(ended)
  }
}

function failedTest(detail: string): TestAnswer {
  return { kind: 'failed', reason: 'test-failed', detail }
}

async function answers(deps: PutDeps, generation: string, signal: AbortSignal): Promise<boolean> {
  const { nginx, clock } = deps
  const deadline = clock.monoMs() + ANSWERING_MS
  while (!signal.aborted && clock.monoMs() < deadline) {
    if (await nginx.answersBy(generation)) return true
    await clock.sleep(ANSWERING_POLL_MS, signal)
  }
  return false
}

/** In force from here on; the masters hear it before it is also certain. */
async function settle(
  deps: PutDeps,
  job: Job,
  { generation }: Sealed,
  times: { readonly writtenMs: number; readonly tookMs: number },
): Promise<void> {
  const { state, clock, files, disk, log } = deps
  const { stamp, table, trace, acceptedMs } = job.desired
  const answeringMs = clock.wallMs()
  const at = new Date(answeringMs).toISOString()
  state.rendering = job.rendering
  state.inForce = { stamp, table, generation, since: at }
  if (trace !== undefined && state.applied?.trace !== trace) {
    const signalledMs = answeringMs - times.tookMs
    state.applied = { trace, acceptedMs, writtenMs: times.writtenMs, signalledMs, answeringMs }
  }
  state.settle({ kind: 'applied', at })
  log.info({ ...stamp, generation, tookMs: Math.round(times.tookMs) }, 'table in force')
  const { services, routes } = table
  await Promise.all([
    files.keepAsGood(),
    disk.writeTable({ v: 1, stamp, services: [...services], routes: [...routes] }),
  ])
}

/** Several fresh connections in a row: no worker of an older generation takes any more. */
async function verify(
  { nginx, clock, state }: PutDeps,
  generation: string,
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
      state.wishes !== wishes && clock.monoMs() - signalledMs > SUPERSEDE_AFTER_MS
    if (isCertain) state.verified = generation
    if (isCertain || isSuperseded) return true
    await clock.sleep(VERIFIED_POLL_MS, signal)
  }
  return signal.aborted
}

/** Back to what nginx was last seen to answer by, on disk and, when it listens, in the running one. */
async function rollBack(
  deps: PutDeps,
  reject: (reason: Reason, detail: string) => EdgeOutcome,
  signal: AbortSignal,
): Promise<EdgeOutcome> {
  const { files, nginx, state } = deps
  state.rendering = undefined
  if (signal.aborted) return state.outcome
  await files.restoreGood()
  nginx.reload()
  return nginx.running()
    ? reject('not-answering', `no answer by the new generation within ${ANSWERING_MS} ms`)
    : reject('nginx-down', 'nginx does not run')
}

function rejecter(
  { clock, log }: PutDeps,
  desired: Desired,
): (reason: Reason, detail: string) => EdgeOutcome {
  return (reason, detail) => {
    log.error({ ...desired.stamp, reason, detail }, 'table rejected')
    const at = new Date(clock.wallMs()).toISOString()
    return { kind: 'rejected', at, offered: desired.stamp, reason, detail }
  }
}
