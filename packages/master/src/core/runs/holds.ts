import type { LetGoRequest, RunId } from '@roadstead/shared/protocol/run.ts'
import type { Asking } from './outlook.ts'

/** A question of an agent, and when it was heard. */
export interface Asked {
  readonly request: LetGoRequest
  readonly asking: Hold
}

/** What one agent said about one request that it holds. */
export interface Hold extends Asking {
  readonly firstAskMs: number
}

/** What is known of a hold after one more question. */
export function heardHold(before: Hold | undefined, request: LetGoRequest, nowMs: number): Hold {
  const overMs = before?.overMs ?? (request.phase === 'over' ? nowMs : undefined)
  return {
    action: request.action,
    firstAskMs: before?.firstAskMs ?? nowMs,
    lastAskMs: nowMs,
    untilMs: nowMs + request.leftMs,
    gaveUp: request.gaveUp || before?.gaveUp === true,
    ...(overMs !== undefined && { overMs }),
  }
}

/**
 * What all who hold something against one container say together, as if they were one: somebody may
 * type `docker rm -f` while `docker stop` is still held. It is touched when the first of them waits
 * no longer, and it is over when none of them is at it any more.
 *
 * @param asked About that container.
 */
export function askingAbout(
  run: RunId,
  asked: readonly Asked[],
  nowMs: number,
): Asking | undefined {
  const first = asked.find(({ request }) => request.hold === run)?.asking
  // Whoever was through before this run began has nothing to do with it.
  const holds = asked
    .map(({ asking }) => asking)
    .filter(({ lastAskMs }) => lastAskMs >= (first?.firstAskMs ?? Number.NEGATIVE_INFINITY))
  const newest = holds.toSorted(byLast).at(-1)
  if (newest === undefined) return undefined
  const held = holds.filter((hold) => hold.overMs === undefined && isThere(hold, nowMs))
  const over = holds.filter(({ overMs }) => overMs !== undefined).toSorted(byLast)
  const overMs = held.length === 0 ? over.at(-1)?.overMs : undefined
  const waiting = held.length === 0 ? holds : held
  return {
    action: (over.at(-1) ?? newest).action,
    lastAskMs: newest.lastAskMs,
    untilMs: Math.min(...waiting.map(({ untilMs }) => untilMs)),
    gaveUp: holds.some(({ gaveUp }) => gaveUp),
    ...(overMs !== undefined && { overMs }),
  }
}

/** An agent that holds a request asks twice a second, and says every ten that its engine is at it. */
export const HELD_SILENT_MS_MAX = 5_000
export const ACTING_SILENT_MS_MAX = 30_000

function isThere({ lastAskMs, untilMs }: Hold, nowMs: number): boolean {
  const isHeld = untilMs > lastAskMs
  return nowMs - lastAskMs < (isHeld ? HELD_SILENT_MS_MAX : ACTING_SILENT_MS_MAX)
}

function byLast(a: Hold, b: Hold): number {
  return (a.overMs ?? a.lastAskMs) - (b.overMs ?? b.lastAskMs)
}
