import type { Container, Port } from '@roadstead/shared/protocol/container.ts'
import type { Presence } from '@roadstead/shared/protocol/presence.ts'
import type { ReasonCode } from '@roadstead/shared/protocol/reasons.ts'
import type { StreamProtocol } from '@roadstead/shared/protocol/route.ts'
import type { Drain } from '../graph/graph.ts'
import type { Flapping } from '../graph/select.ts'
import { durationText } from './durations.ts'
import type { Taken } from './reused.ts'

/**
 * Whether a container can serve now, and if not, why. `silent` is neither: its host is lost, which
 * proves nothing about it, so it makes way for others but is never the last to go (I5). `shaky` can,
 * and may not for long: it fell out of service again and again, so it makes way for others too.
 */
export type Fitness =
  | { readonly kind: 'fit' }
  | { readonly kind: 'silent' }
  | { readonly kind: 'shaky'; readonly details: Details }
  | {
      readonly kind: 'unfit'
      readonly reason: ReasonCode
      readonly details: Details
    }

type Unfit = Extract<Fitness, { kind: 'unfit' }>
type Details = Readonly<Record<string, string>>

export interface FitnessFacts {
  readonly container: Container
  readonly port: Port
  /** Absent: HTTP. */
  readonly protocol: StreamProtocol | undefined
  readonly presence: Presence
  readonly drain: Drain | undefined
  /** Another container has its address. */
  readonly taken: Taken | undefined
  readonly flapping: Flapping | undefined
  /** The way to it that its labels name is not there. */
  readonly narrow: Unfit | undefined
}

/** The first thing that is wrong, in the order in which a person would look. */
export function fitnessOf(facts: FitnessFacts): Fitness {
  const { container, port, protocol, presence, drain, taken, flapping, narrow } = facts
  const down = whyDown(container)
  if (down !== undefined) return down
  if (taken !== undefined) return unfit('address-reused', { ...taken })
  if (drain !== undefined) return unfit('drained', { by: drain.by, why: drain.why })
  if (narrow !== undefined) return narrow
  const deaf = whyDeaf(container, port, protocol)
  if (deaf !== undefined) return deaf
  if (presence === 'lost' || presence === 'forgotten') return { kind: 'silent' }
  if (flapping === undefined) return { kind: 'fit' }
  const { falls, calmMs } = flapping
  return { kind: 'shaky', details: { falls: String(falls), calm: durationText(calmMs) } }
}

/** By itself, whatever was decided about it and whoever has its address: it could take a request. */
export function isReady(
  container: Container,
  port: Port,
  protocol: StreamProtocol | undefined,
): boolean {
  return whyDown(container) === undefined && whyDeaf(container, port, protocol) === undefined
}

function whyDown({ state, stopping }: Container): Unfit | undefined {
  if (state === 'paused') return unfit('paused')
  if (state !== 'running') return unfit('not-running', { state })
  return stopping ? unfit('stopping') : undefined
}

/** Nobody can tell from outside whether datagrams are taken: who has no health check is believed. */
function whyDeaf(
  { health, accepting, untried }: Container,
  port: Port,
  protocol?: StreamProtocol,
): Unfit | undefined {
  if (health === 'starting') return unfit('health-starting')
  if (health === 'unhealthy') return unfit('unhealthy')
  if (health === 'healthy' || protocol === 'udp' || accepting.includes(port)) return undefined
  if (untried?.includes(port) === true) return undefined
  return unfit('not-accepting', { port: String(port) })
}

export function unfit(reason: ReasonCode, details: Details = {}): Unfit {
  return { kind: 'unfit', reason, details }
}
