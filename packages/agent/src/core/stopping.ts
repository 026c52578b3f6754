import type { ContainerId } from '@roadstead/shared/kernel/ids.ts'
import type { Container } from '@roadstead/shared/protocol/container.ts'

/** Past its own grace the engine kills; two seconds more and the signal was meant as something else. */
export const STOPPING_EXTRA_MS = 2_000

/** The stop signal was sent to this run of the container. */
interface StopHint {
  /** Undefined when the container had not been seen running yet; then only time tells the runs apart. */
  readonly run: string | undefined
  readonly timeNano: string
  readonly sentAtMs: number
}

export type Stopping = ReadonlyMap<ContainerId, StopHint>

/**
 * Whether an event speaks of an earlier run than the one that is known: then it is late, and the run
 * that is there now was not meant. A run starts many milliseconds after the end of the one before.
 */
export function isOfEarlierRun(timeNano: string, startedAt: string | undefined): boolean {
  const startMs = Date.parse(startedAt ?? '')
  return Number(timeNano.slice(0, -6)) < startMs
}

/** Notes a stop signal of the engine's time `timeNano`. `known` is the container as last seen. */
export function hintStop(
  stopping: Stopping,
  id: ContainerId,
  known: Container | undefined,
  at: { readonly timeNano: string; readonly nowMs: number },
): Stopping {
  const hint = { run: known?.startedAt, timeNano: at.timeNano, sentAtMs: at.nowMs }
  return new Map(stopping).set(id, hint)
}

/** How long until a container that ignores the signal has to be looked at again. */
export function stoppingDeadlineMs(graceMs: number): number {
  return graceMs + STOPPING_EXTRA_MS
}

/**
 * Whether the container just seen is about to die. The hint ends with the run that it was meant for,
 * or when the container outlives its grace: then whoever sent the signal did not mean the end.
 */
export function settleStop(
  stopping: Stopping,
  seen: Pick<Container, 'id' | 'state' | 'startedAt' | 'stopGraceMs'>,
  nowMs: number,
): { readonly stopping: Stopping; readonly isStopping: boolean } {
  const hint = stopping.get(seen.id)
  if (hint === undefined) return { stopping, isStopping: false }
  const isSameRun =
    hint.run === undefined
      ? !isOfEarlierRun(hint.timeNano, seen.startedAt)
      : hint.run === seen.startedAt
  const isDue = nowMs - hint.sentAtMs >= stoppingDeadlineMs(seen.stopGraceMs)
  if (isSameRun && !isDue && isAlive(seen.state)) return { stopping, isStopping: true }
  return { stopping: forgetStop(stopping, seen.id), isStopping: false }
}

export function forgetStop(stopping: Stopping, id: ContainerId): Stopping {
  if (!stopping.has(id)) return stopping
  const rest = new Map(stopping)
  rest.delete(id)
  return rest
}

function isAlive(state: Container['state']): boolean {
  return state === 'running' || state === 'paused'
}
