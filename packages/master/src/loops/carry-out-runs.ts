import { Bell } from '@roadstead/shared/kernel/bell.ts'
import type { Clock } from '@roadstead/shared/kernel/clock.ts'
import type { HostId } from '@roadstead/shared/kernel/ids.ts'
import type { Log } from '@roadstead/shared/kernel/log.ts'
import type { DecisionChange } from '../core/graph/fold.ts'
import type { Graph } from '../core/graph/graph.ts'
import { findContainer } from '../core/graph/select.ts'
import type { Derivation } from '../core/routes/derived.ts'
import { carryOn, type RestartOrder } from '../core/runs/carry-on.ts'
import { type CommandState, runLimits } from '../core/runs/outlook.ts'
import type { EdgeScene } from '../core/runs/quiet.ts'
import { commandKey } from '../core/runs/refs.ts'
import { emptyRunMemory, type RunMemory, type RunScene } from '../core/runs/run-scene.ts'
import { upkeep } from '../core/runs/upkeep.ts'
import type { Leadership } from './leadership.ts'
import type { LetGoDesk } from './let-go-desk.ts'
import type { CommandOutcome, Order } from './send-command.ts'

export interface RunDeps {
  readonly leadership: Pick<Leadership, 'state' | 'onChange'>
  readonly state: Omit<EdgeScene, 'nowMs'> & {
    readonly graph: Graph
    readonly derived: Derivation
    subscribe(topics: readonly ('graph' | 'edges' | 'desired')[], listener: () => void): Disposable
  }
  readonly settle: {
    readonly isCaughtUp: boolean
    readonly isSettled: boolean
    onCaughtUp(listener: () => void): Disposable
  }
  readonly pen: { write(drafts: readonly DecisionChange[]): Promise<void> }
  readonly desk: Pick<LetGoDesk, 'asked' | 'onAsked' | 'tell'>
  /** In the name of that epoch, and only while this master leads in it. */
  readonly send: (
    host: HostId,
    order: Order,
    timeoutMs: number,
    epoch: number,
    signal: AbortSignal,
  ) => Promise<CommandOutcome>
  readonly count: (key: 'runs' | 'commands', labels: Readonly<Record<string, string>>) => void
  readonly clock: Clock
  readonly log: Log
}

/**
 * Carries on with every run whenever something changed. Nothing waits inside a round: what takes time
 * is seen in the graph, in the words of edges, or as the outcome of a command, and each of them rings.
 * Leader only; whoever leads next goes on from the same records.
 */
export async function carryOutRuns(deps: RunDeps, signal: AbortSignal): Promise<void> {
  const { clock, desk, leadership, settle, state } = deps
  const bell = new Bell()
  using _changed = state.subscribe(['graph', 'edges', 'desired'], () => bell.ring())
  using _led = leadership.onChange(() => bell.ring())
  using _readAll = settle.onCaughtUp(() => bell.ring())
  let isDue = true
  const ringAnyway = (): void => {
    isDue = true
    bell.ring()
  }
  using _asked = desk.onAsked(ringAnyway)
  let reign: Reign | undefined
  while (!signal.aborted) {
    const now = leadership.state()
    if (now.kind !== 'leader' || !settle.isCaughtUp) reign = undefined
    else if (reign?.epoch !== now.epoch) reign = new Reign(now.epoch, ringAnyway)
    isDue ||= reign !== undefined && (reign.isBusy || isConcerned(reign, state))
    const restMs = isDue && reign !== undefined ? reign.restsUntilMs - clock.monoMs() : 0
    if (reign !== undefined && isDue && restMs <= 0) {
      isDue = false
      await round(reign, deps, signal)
      reign.restsUntilMs = clock.monoMs() + REST_MS
      reign.looksAtMs = clock.monoMs() + (reign.isBusy ? BUSY_MS : IDLE_MS)
    }
    if (restMs <= 0) desk.tell()
    const looksInMs = (reign?.looksAtMs ?? Number.POSITIVE_INFINITY) - clock.monoMs()
    using _timer = clock.after(restMs > 0 ? restMs : Math.min(looksInMs, IDLE_MS), ringAnyway)
    await bell.rung(signal)
  }
}

/** Limits are counted in seconds; all else rings. */
const BUSY_MS = 250
const IDLE_MS = 5_000
/** While a run is under way every change of a busy fleet rings: a hundred rounds a second are enough. */
const REST_MS = 10
/** What runs left behind is in nobody's way. */
const TIDY_MS = 250

/** What one leadership knows of its runs beyond their records. */
class Reign {
  readonly epoch: number
  readonly ring: () => void
  readonly commands = new Map<string, CommandState>()
  memory: RunMemory = emptyRunMemory
  isBusy = false
  /** As the last round found them. */
  runs: Graph['runs'] | undefined
  drains: Graph['drains'] | undefined
  /** What changes before is left to gather. */
  restsUntilMs = Number.NEGATIVE_INFINITY
  /** Then also if nothing that concerns a run has changed. */
  looksAtMs = Number.NEGATIVE_INFINITY
  tidiesAtMs = Number.NEGATIVE_INFINITY

  constructor(epoch: number, ring: () => void) {
    this.epoch = epoch
    this.ring = ring
  }
}

/** A busy fleet changes all the time, and as a rule no run is concerned. */
function isConcerned({ drains, runs }: Reign, { graph }: RunDeps['state']): boolean {
  return runs !== graph.runs || drains !== graph.drains
}

async function round(reign: Reign, deps: RunDeps, signal: AbortSignal): Promise<void> {
  const { count, log, pen } = deps
  const scene = sceneOf(reign, deps)
  const { ended, isBusy, memory, restarts, ...next } = carryOn(scene, reign.memory)
  const changes = [...next.changes, ...tidied(reign, scene, deps)]
  reign.isBusy = isBusy
  reign.runs = scene.graph.runs
  reign.drains = scene.graph.drains
  if (changes.length > 0) {
    try {
      await pen.write(changes)
    } catch (error) {
      // Whatever was stored is seen in the next round, and the rest is concluded again then.
      log.warn({ err: error, changes: changes.length }, 'runs not written')
      reign.isBusy = true
      return
    }
  }
  reign.memory = memory
  for (const order of restarts) void restart(order, reign, deps, signal)
  for (const { id, members, state, target, verb } of ended) {
    count('runs', { verb, outcome: state })
    log.info({ run: id, verb, target, outcome: state }, 'run ended')
    for (const member of members) reign.commands.delete(commandKey(id, member))
  }
}

function tidied(reign: Reign, scene: RunScene, { settle }: RunDeps): readonly DecisionChange[] {
  if (scene.nowMs < reign.tidiesAtMs) return []
  reign.tidiesAtMs = scene.nowMs + TIDY_MS
  const { at, graph } = scene
  return upkeep({ graph, at, isSettled: settle.isSettled })
}

function sceneOf(reign: Reign, { clock, desk, state }: RunDeps): RunScene {
  const { derived, desired, edges, graph, tables } = state
  const { table, verdicts } = derived
  return {
    graph,
    table,
    verdicts,
    edges,
    tables,
    desired,
    nowMs: clock.monoMs(),
    at: new Date(clock.wallMs()).toISOString(),
    limits: runLimits,
    asked: desk.asked,
    commands: reign.commands,
  }
}

/** Never rejects: whatever happens to a command is its outcome. */
async function restart(
  { ref, run }: RestartOrder,
  reign: Reign,
  deps: RunDeps,
  signal: AbortSignal,
): Promise<void> {
  const { count, log, send, state } = deps
  const { container, host } = ref
  const key = commandKey(run, ref)
  // The record may be read back late; the same round again must not command again.
  if (reign.commands.has(key)) return
  const graceMs = findContainer(state.graph, host, container)?.container.stopGraceMs ?? 0
  reign.commands.set(key, { kind: 'under-way' })
  const order: Order = { verb: 'restart', container }
  const outcome = await send(host, order, waitFor(graceMs), reign.epoch, signal).catch(
    (error: unknown): CommandOutcome => ({ kind: 'not-sent', why: String(error) }),
  )
  reign.commands.set(key, outcome)
  const how = outcome.kind === 'refused' ? outcome.reason : outcome.kind
  count('commands', { verb: 'restart', outcome: how })
  log.info({ run, host, container, outcome: how }, 'restart commanded')
  reign.ring()
}

/** The bus allows an answer for two minutes; a longer grace is seen by the restart itself. */
function waitFor(graceMs: number): number {
  return Math.min(graceMs + ACT_MS_MAX, REPLY_MS_MAX)
}

const ACT_MS_MAX = 60_000
const REPLY_MS_MAX = 115_000
