import type { ReasonCode } from '@roadstead/shared/protocol/reasons.ts'
import type { Claimant } from './claimant.ts'

export interface Outcome {
  readonly reason: ReasonCode
  readonly details: Readonly<Record<string, string>>
}

export function isSomebodyFit(claimants: readonly Claimant[]): boolean {
  return claimants.some(({ fitness }) => fitness.kind === 'fit')
}

/**
 * While somebody else can serve, a lost host may go; when nobody can, all of the lost ones stay. It is
 * the same with one that falls again and again: better some answers than none.
 */
export function serve({ fitness }: Claimant, isAnotherFit: boolean): Outcome {
  switch (fitness.kind) {
    case 'fit':
      return { reason: 'routed', details: {} }
    case 'silent':
      return { reason: isAnotherFit ? 'host-lost' : 'routed-last', details: {} }
    case 'shaky':
      return isAnotherFit
        ? { reason: 'flapping', details: fitness.details }
        : { reason: 'routed', details: { ...fitness.details, flapping: 'nobody else can serve' } }
    default:
      return fitness
  }
}
