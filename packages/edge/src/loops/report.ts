import type { Clock } from '@roadstead/shared/kernel/clock.ts'
import type { EdgeStatus } from '@roadstead/shared/protocol/edge-status.ts'
import type { LiveTable } from '../core/live/live-table.ts'
import { busyOf } from '../core/quiet.ts'
import { objectsAtHand } from '../core/objects/held-object.ts'
import { sizeOf, type Self, statusOf } from '../core/status.ts'
import type { EdgeState } from '../core/edge-state.ts'

const REPORT_MS = 5_000

export interface ReportDeps {
  readonly self: () => Self
  readonly bus: { report(status: EdgeStatus): Promise<unknown> }
  readonly nginx: {
    readonly version: string
    running(): boolean
    oldWorkers(): Promise<{ readonly generations: number }>
  }
  /** Undefined in the reload tier. */
  readonly live: Pick<LiveTable, 'waiting'> | undefined
  readonly tier: EdgeStatus['tier']
  readonly tierReason: string
  /** Undefined when it serves streams. */
  readonly streamsReason: string | undefined
  /** A folder through which workers of nginx cannot pass to files with users. */
  readonly shut: string | undefined
  /** Where nginx is somebody else's: how it is reached and tested now. */
  readonly attached: (() => NonNullable<EdgeStatus['attached']>) | undefined
  readonly state: EdgeState
  readonly clock: Clock
}

/** Tells the masters what is in force, at every change and every five seconds. */
export async function report(deps: ReportDeps, signal: AbortSignal): Promise<void> {
  const { bus, state, clock } = deps
  while (!signal.aborted) {
    await bus.report(await currentStatus(deps))
    using _timer = clock.after(REPORT_MS, () => state.reportBell.ring())
    await state.reportBell.rung(signal)
  }
}

async function currentStatus(deps: ReportDeps): Promise<EdgeStatus> {
  const { self, nginx, state, clock, tier, tierReason, streamsReason } = deps
  // Where the last look after a reload found none, there is none: looking takes milliseconds.
  const hasNone = state.oldWorkers?.generations === 0
  const oldGenerations = hasNone ? 0 : (await nginx.oldWorkers()).generations
  const { inForce, fence } = state
  const running = nginx.running()
  const waiting = await waitingNow(deps)
  return statusOf(
    self(),
    {
      epochMax: fence.epochMax,
      inForce:
        inForce === undefined
          ? undefined
          : {
              ...inForce.stamp,
              generation: inForce.generation,
              since: inForce.since,
              ...sizeOf(inForce.table),
            },
      table: inForce?.table,
      quiet: state.quietBook.quiet,
      ...busyOf(state.quietBook),
      tier,
      tierReason,
      streamsReason,
      health: state.health,
      quarantined: [...state.quarantine.values(), ...state.refused.values()],
      outcome: state.outcome,
      objects: objectsAtHand(state),
      applied: state.applied,
      editedFiles: state.editedFiles,
      shut: deps.shut,
      attached: deps.attached?.(),
      certificates: state.certificateReport,
      nginx: {
        version: nginx.version,
        running,
        reloads: state.reloads,
        pushes: state.pushes,
        oldGenerations,
        ...(waiting !== undefined && { waiting }),
      },
    },
    { wallMs: clock.wallMs(), monoMs: clock.monoMs() },
  )
}

/** Nobody waits where nobody may; so nginx is asked only while a service that holds has no endpoint. */
async function waitingNow({ live, state }: ReportDeps): Promise<number | undefined> {
  const services = state.inForce?.table.services ?? []
  const mayWait = services.some((it) => it.holdMs !== undefined && it.endpoints.length === 0)
  return mayWait ? live?.waiting() : live && 0
}
