import type { MasterBus } from '@roadstead/bus/ports.ts'
import type { Clock } from '@roadstead/shared/kernel/clock.ts'
import type { EdgeId } from '@roadstead/shared/kernel/ids.ts'
import type { AppliedTrace, EdgeStatus } from '@roadstead/shared/protocol/edge-status.ts'
import type { Reject } from './reject.ts'

export interface FoldEdgesDeps {
  readonly bus: Pick<MasterBus, 'followEdges'>
  readonly clock: Clock
  readonly state: {
    readonly edges: ReadonlyMap<EdgeId, { readonly status: EdgeStatus }>
    hearEdge(edge: EdgeId, heard: { readonly status: EdgeStatus; readonly monoMs: number }): void
  }
  /** Times one change that an edge has just brought into force. */
  readonly measure: (applied: AppliedTrace) => void
  readonly reject: Reject
  readonly isCaughtUp: (stream: 'edges', caughtUp: boolean) => void
}

/** What every edge has in force, and what it did with the last table it was offered. */
export async function foldEdges(deps: FoldEdgesDeps, signal: AbortSignal): Promise<void> {
  let isHistory = true
  for await (const delivery of deps.bus.followEdges(signal)) {
    switch (delivery.kind) {
      case 'invalid':
        deps.reject('edges', delivery)
        break
      case 'message': {
        const status = delivery.value
        const before = deps.state.edges.get(status.edge)?.status
        const monoMs = deps.clock.monoMs() - (isHistory ? ageMs(status, deps.clock) : 0)
        deps.state.hearEdge(status.edge, { status, monoMs })
        if (!isHistory && isNewlyApplied(before, status)) deps.measure(status.applied)
        break
      }
      default:
        isHistory = delivery.kind === 'reset'
        deps.isCaughtUp('edges', !isHistory)
    }
  }
}

/** A status that lay in the stream says nothing about now: its edge may be long gone. */
function ageMs({ sentAtMs }: EdgeStatus, clock: Clock): number {
  return Math.max(0, clock.wallMs() - sentAtMs)
}

function isNewlyApplied(
  before: EdgeStatus | undefined,
  now: EdgeStatus,
): now is EdgeStatus & { readonly applied: AppliedTrace } {
  if (now.applied === undefined) return false
  return before?.applied?.answeringMs !== now.applied.answeringMs
}
