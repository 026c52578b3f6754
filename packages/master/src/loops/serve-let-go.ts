import type { MasterBus } from '@roadstead/bus/ports.ts'
import type { Clock } from '@roadstead/shared/kernel/clock.ts'
import type { HostId } from '@roadstead/shared/kernel/ids.ts'
import type { LetGoReply, LetGoRequest } from '@roadstead/shared/protocol/run.ts'
import type { Graph } from '../core/graph/graph.ts'
import type { Derivation } from '../core/routes/derived.ts'
import { answerLetGo } from '../core/runs/let-go.ts'
import type { LetGoDesk } from './let-go-desk.ts'

export interface LetGoDeps {
  readonly bus: Pick<MasterBus, 'serveLetGo'>
  readonly leads: () => boolean
  readonly state: {
    readonly graph: Graph
    readonly derived: Derivation
    isHeard(host: HostId): boolean
  }
  readonly settle: { readonly isCaughtUp: boolean; readonly isSettled: boolean }
  readonly desk: Pick<LetGoDesk, 'hear' | 'told'>
  readonly clock: Clock
}

/**
 * Answers agents that ask whether a container may be touched. A `wait` is not given at once: most
 * containers are quiet within a third of a second, and the answer goes out the moment they are.
 */
export async function serveLetGo(deps: LetGoDeps, signal: AbortSignal): Promise<void> {
  await deps.bus.serveLetGo((request) => answer(request, deps, signal), signal)
}

/** Agents ask every half second; the answer has to be back by then. */
const ANSWER_MS_MAX = 400

async function answer(
  request: LetGoRequest,
  deps: LetGoDeps,
  signal: AbortSignal,
): Promise<LetGoReply | undefined> {
  const { clock, desk, leads } = deps
  if (!leads()) return undefined
  desk.hear(request)
  const untilMs = clock.monoMs() + ANSWER_MS_MAX
  for (;;) {
    const reply = now(request, deps)
    const leftMs = untilMs - clock.monoMs()
    if (reply.kind === 'go' || leftMs <= 0 || signal.aborted) return reply
    await desk.told(leftMs, signal)
    if (!leads()) return undefined
  }
}

function now(request: LetGoRequest, { settle, state }: LetGoDeps): LetGoReply {
  const isKnown = (host: HostId): boolean =>
    settle.isCaughtUp && (settle.isSettled || state.isHeard(host))
  const { table, verdicts } = state.derived
  return answerLetGo(request, { graph: state.graph, table, verdicts, isKnown })
}
