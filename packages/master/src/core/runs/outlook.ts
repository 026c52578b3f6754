import type { CommandReply } from '@roadstead/shared/protocol/command.ts'
import type { ServiceKey } from '@roadstead/shared/protocol/route.ts'
import type { LetGoAction, RunMember } from '@roadstead/shared/protocol/run.ts'
import type { QuietLook } from './quiet.ts'
import type { Sight } from './sight.ts'

/** What became of a command, or that it is not known yet. */
export type CommandState =
  | { readonly kind: 'under-way' }
  /** It was never given to the bus. */
  | { readonly kind: 'not-sent'; readonly why: string }
  | { readonly kind: 'unreachable' }
  | CommandReply

/** What an agent said of a container that somebody wants to touch through its socket. */
export interface Asking {
  readonly action: LetGoAction
  readonly lastAskMs: number
  /** Until then the agent waits for a `go`. */
  readonly untilMs: number
  /** The engine has answered. */
  readonly overMs?: number
  /** The agent went on without a `go`. */
  readonly gaveUp: boolean
}

export interface RunLimits {
  /** For so long an edge may take to become quiet; then the container is touched all the same. */
  readonly quietMs: number
  /** From acted on to able to serve. */
  readonly readyMs: number
}

/** As long as the agent's own limit; healthy programs answer their checks well within two minutes. */
export const runLimits: RunLimits = { quietMs: 20_000, readyMs: 120_000 }

/** Everything that decides what a run does next. */
export interface Outlook {
  /** Measures spans; another leader has another, so nothing of it is written down. */
  readonly nowMs: number
  /** The same moment for people. */
  readonly at: string
  readonly limits: RunLimits
  /** Since when this leader sees a member in its phase, by `<index> <phase>`. */
  readonly since: ReadonlyMap<string, number>
  readonly sightOf: (member: RunMember) => Sight
  /** Edges that may still send it requests. Asked only for a member that is out of routing. */
  readonly edgesOf: (member: RunMember) => QuietLook
  readonly servingOf: (service: ServiceKey) => number
  /** Another run has begun with it. */
  readonly isTaken: (member: RunMember) => boolean
  /** The command that this leader has sent for it in this run. */
  readonly commandOf: (member: RunMember) => CommandState | undefined
  /** The host of the run is drained as a whole. */
  readonly isHostDrained: boolean
  /** For `let-go`: what the agent said to this leader. */
  readonly asking: Asking | undefined
  /** A member of one of its services that another run is replacing, by its path. */
  readonly replacedFirst: (member: RunMember) => string | undefined
}
