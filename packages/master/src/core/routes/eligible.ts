import type { Container, Port } from '@roadstead/shared/protocol/container.ts'
import type { Decision } from '@roadstead/shared/protocol/decision.ts'
import type { Presence } from '@roadstead/shared/protocol/presence.ts'
import type { ReasonCode } from '@roadstead/shared/protocol/reasons.ts'
import type { Taken } from './reused.ts'

/**
 * Whether a container can serve now, and if not, why. `silent` is neither: its host is lost, which
 * proves nothing about it, so it makes way for others but is never the last to go (I5).
 */
export type Fitness =
  | { readonly kind: 'fit' }
  | { readonly kind: 'silent' }
  | {
      readonly kind: 'unfit'
      readonly reason: ReasonCode
      readonly details: Readonly<Record<string, string>>
    }

export interface FitnessFacts {
  readonly container: Container
  readonly port: Port
  readonly presence: Presence
  readonly drain: Extract<Decision, { kind: 'drain' }> | undefined
  /** Another container has its address. */
  readonly taken: Taken | undefined
}

/** The first thing that is wrong, in the order in which a person would look. */
export function fitnessOf(facts: FitnessFacts): Fitness {
  const { container, port, presence, drain, taken } = facts
  const { state, stopping, health, accepting } = container
  if (state === 'paused') return unfit('paused')
  if (state !== 'running') return unfit('not-running', { state })
  if (stopping) return unfit('stopping')
  if (taken !== undefined) return unfit('address-reused', { ...taken })
  if (drain !== undefined) return unfit('drained', { by: drain.by, why: drain.why })
  if (health === 'starting') return unfit('health-starting')
  if (health === 'unhealthy') return unfit('unhealthy')
  if (health === 'none' && !accepting.includes(port)) {
    return unfit('not-accepting', { port: String(port) })
  }
  return presence === 'lost' || presence === 'forgotten' ? { kind: 'silent' } : { kind: 'fit' }
}

function unfit(reason: ReasonCode, details: Readonly<Record<string, string>> = {}): Fitness {
  return { kind: 'unfit', reason, details }
}
