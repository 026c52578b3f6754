import { Bell } from '@roadstead/shared/kernel/bell.ts'
import type { Clock } from '@roadstead/shared/kernel/clock.ts'
import type { HostId } from '@roadstead/shared/kernel/ids.ts'
import type { Log } from '@roadstead/shared/kernel/log.ts'
import type { DecisionChange } from '../core/graph/fold.ts'
import type { Graph } from '../core/graph/graph.ts'
import { findContainer } from '../core/graph/select.ts'
import type { Derivation } from '../core/routes/derived.ts'
import {
  carryOn,
  commandKey,
  emptyRunMemory,
  type RestartOrder,
  type RunMemory,
  type RunScene,
} from '../core/runs/carry-on.ts'
import { type CommandState, runLimits } from '../core/runs/outlook.ts'
import type { EdgeScene } from '../core/runs/quiet.ts'
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
    else {
      if (reign?.epoch !== now.epoch) reign = new Reign(now.epoch, ringAnyway)
      if (isDue || reign.isBusy || isConcerned(reign, deps)) {
        isDue = false
        await round(reign, deps, signal)
      }
    }
    using _look = clock.after(reign?.looksAgainInMs(clock.monoMs()) ?? IDLE_MS, () => bell.ring())
    desk.tell()
    using _timer = clock.after(reign?.isBusy === true ? BUSY_MS : IDLE_MS, ringAnyway)
    await bell.rung(signal)
  }
}

/** Limits are counted in seconds; all else rings. */
const BUSY_MS = 250
const IDLE_MS = 5_000
/** Claims of a burst are decisions, too: one round for all of them. */
const GATHER_MS = 50

/** What one leadership knows of its runs beyond their records. */
class Reign {
  readonly epoch: number
  readonly ring: () => void
  readonly commands = new Map<string, CommandState>()
  memory: RunMemory = emptyRunMemory
  isBusy = false
  /** As the last round found them. */
  decisions: Graph['decisions'] | undefined
  /** Until then what changes is left to gather. */
  gathersUntilMs = Number.NEGATIVE_INFINITY

  constructor(epoch: number, ring: () => void) {
    this.epoch = epoch
    this.ring = ring
  }

  looksAgainInMs(nowMs: number): number {
    return nowMs < this.gathersUntilMs ? this.gathersUntilMs - nowMs : IDLE_MS
  }
}

/** A busy fleet changes all the time, and as a rule no run is concerned. */
function isConcerned(reign: Reign, { clock, state }: RunDeps): boolean {
  const nowMs = clock.monoMs()
  if (nowMs < reign.gathersUntilMs) return false
  if (reign.decisions === state.graph.decisions) return false
  reign.gathersUntilMs = nowMs + GATHER_MS
  return true
}

async function round(reign: Reign, deps: RunDeps, signal: AbortSignal): Promise<void> {
  const { count, log, pen } = deps
  const scene = sceneOf(reign, deps)
  const { changes, ended, isBusy, memory, restarts } = carryOn(scene, reign.memory)
  reign.isBusy = isBusy
  reign.decisions = scene.graph.decisions
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
  for (const { id, state, target, verb } of ended) {
    count('runs', { verb, outcome: state })
    log.info({ run: id, verb, target, outcome: state }, 'run ended')
    for (const key of reign.commands.keys()) if (key.startsWith(id)) reign.commands.delete(key)
  }
}

function sceneOf(reign: Reign, { clock, desk, settle, state }: RunDeps): RunScene {
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
    isSettled: settle.isSettled,
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
