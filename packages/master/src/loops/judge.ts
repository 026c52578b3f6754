import type { Link } from '@roadstead/bus/ports.ts'
import { Bell } from '@roadstead/shared/kernel/bell.ts'
import type { Clock } from '@roadstead/shared/kernel/clock.ts'
import type { Digest } from '@roadstead/shared/kernel/digest.ts'
import type { Log } from '@roadstead/shared/kernel/log.ts'
import type { Hearing } from '../core/decide/hearing.ts'
import { emptyJudgeMemory, judge, type JudgeFacts, type JudgeMemory } from '../core/decide/judge.ts'
import type { DecisionChange } from '../core/graph/fold.ts'
import type { Derivation } from '../core/routes/derived.ts'
import type { Graph, RouteKey } from '../core/graph/graph.ts'
import type { Leadership } from './leadership.ts'

export interface JudgeDeps {
  readonly link: Pick<Link, 'connected' | 'onChange'>
  readonly leadership: Pick<Leadership, 'state' | 'onChange'>
  readonly state: {
    readonly graph: Graph
    readonly derived: Pick<JudgeFacts, 'asks' | 'table'> & Pick<Derivation, 'settings'>
    readonly hearing: Hearing
    /** Routes that were derived anew since the last call. */
    takeChangedRoutes(): ReadonlySet<RouteKey>
    /** Containers whose asking, or what came of it, was derived anew since the last call. */
    takeChangedContainers(): JudgeFacts['containers']
    subscribe(topics: readonly ['graph'], listener: () => void): Disposable
  }
  readonly settle: { readonly isCaughtUp: boolean; readonly isSettled: boolean }
  readonly pen: { write(drafts: readonly DecisionChange[]): Promise<void> }
  readonly digest: Digest
  readonly clock: Clock
  readonly log: Log
}

/**
 * Asks the judge a moment after every change and every second, and writes what it concludes. Leader
 * only. What follows within that moment is judged together: no table waits for what it concludes.
 */
export async function judgeByTime(deps: JudgeDeps, signal: AbortSignal): Promise<void> {
  const { clock, leadership, link, state } = deps
  const bell = new Bell()
  using _changed = state.subscribe(['graph'], () => bell.ring())
  using _led = leadership.onChange(() => bell.ring())
  const hearing = new HearingSince(link, clock)
  using _link = hearing
  let memory = emptyJudgeMemory
  let judgedEpoch: number | undefined
  while (!signal.aborted) {
    const now = leadership.state()
    const epoch = now.kind === 'leader' && deps.settle.isCaughtUp ? now.epoch : undefined
    if (epoch === undefined) {
      judgedEpoch = undefined
      memory = emptyJudgeMemory
      takeChanged(state)
    } else {
      // What changed is noted when it is derived.
      const { derived } = state
      const changed = takeChanged(state)
      const isNew = epoch !== judgedEpoch
      const toLookAt = isNew ? everything(derived, state.graph) : changed
      const outcome = await judgeOnce(toLookAt, memory, hearing.sinceMs, deps)
      memory = outcome.memory
      // What could not be written is concluded again from everything.
      judgedEpoch = outcome.isWritten ? epoch : undefined
    }
    await pause(clock, bell, signal)
    await clock.sleep(GATHER_MS, signal)
  }
}

/**
 * A burst is judged twenty times a second, and each time costs one look at the tables. After the bell and
 * not before: what a change leads to is on its way to the visitors then, and claims are in no hurry.
 */
const GATHER_MS = 50

function takeChanged(state: JudgeDeps['state']): ToLookAt {
  return { routes: state.takeChangedRoutes(), containers: state.takeChangedContainers() }
}

type ToLookAt = Pick<JudgeFacts, 'routes' | 'containers'>

function everything({ asks, table }: JudgeDeps['state']['derived'], graph: Graph): ToLookAt {
  return {
    routes: new Set([...table.routes.keys(), ...graph.claims.keys()]),
    containers: new Map(Array.from(asks, ([host, own]) => [host, new Set(own.asks.keys())])),
  }
}

/** Presence is counted in seconds; claims ring the bell. */
const ROUND_MS = 1_000

async function pause(clock: Clock, bell: Bell, signal: AbortSignal): Promise<void> {
  using _timer = clock.after(ROUND_MS, () => bell.ring())
  await bell.rung(signal)
}

async function judgeOnce(
  toLookAt: ToLookAt,
  before: JudgeMemory,
  hearingSinceMs: number | undefined,
  deps: JudgeDeps,
): Promise<{ readonly memory: JudgeMemory; readonly isWritten: boolean }> {
  const { clock, digest, log, pen, settle, state } = deps
  const { decisions, memory } = judge(
    state.graph,
    {
      nowMs: clock.monoMs(),
      since: new Date(clock.wallMs()).toISOString(),
      hearing: state.hearing,
      hearingSinceMs,
      table: state.derived.table,
      asks: state.derived.asks,
      policy: state.derived.settings.policy,
      ...toLookAt,
      settled: settle.isSettled,
      digest,
    },
    before,
  )
  if (decisions.length === 0) return { memory, isWritten: true }
  try {
    await pen.write(decisions)
    return { memory, isWritten: true }
  } catch (error) {
    log.warn({ err: error, decisions: decisions.length }, 'decisions not written')
    return { memory: before, isWritten: false }
  }
}

/** Since when the bus is connected without a gap: silence from before is not the hosts' silence. */
class HearingSince implements Disposable {
  readonly #watch: Disposable
  sinceMs: number | undefined

  constructor(link: JudgeDeps['link'], clock: Clock) {
    const look = (): void => {
      // A reconnect is a gap too, even when nobody saw it disconnected.
      this.sinceMs = link.connected() ? clock.monoMs() : undefined
    }
    look()
    this.#watch = link.onChange(look)
  }

  [Symbol.dispose](): void {
    this.#watch[Symbol.dispose]()
  }
}
