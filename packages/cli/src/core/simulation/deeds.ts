import { unreachable } from '@roadstead/shared/kernel/invariant.ts'
import type { Wanted } from './convergence.ts'
import type { Deed } from './mix.ts'

/** What a visitor will notice of a deed, and the engine's event from which on he should. */
export interface Change {
  readonly wants: Wanted
  readonly event: string
}

/** One deed in the simulated engine's own words; a health check passes when it is told to. */
export function stepsOf(deed: Deed, hasCheck: boolean): readonly (Deed | 'heal')[] {
  return hasCheck && (deed === 'start' || deed === 'restart') ? [deed, 'heal'] : [deed]
}

/** In the order in which they happen. */
export function changesOf(deed: Deed, hasCheck: boolean): readonly Change[] {
  const served = { wants: 'served', event: hasCheck ? 'health_status: healthy' : 'start' } as const
  switch (deed) {
    case 'start':
      return [served]
    case 'stop':
      return [{ wants: 'not-served', event: 'kill' }]
    case 'restart':
      return [{ wants: 'not-served', event: 'kill' }, served]
    case 'crash':
      return [{ wants: 'not-served', event: 'die' }]
    case 'sicken':
      return [{ wants: 'not-served', event: 'health_status: unhealthy' }]
    case 'heal':
      return [served]
    default:
      return unreachable(deed)
  }
}
