import { unreachable } from '@roadstead/shared/kernel/invariant.ts'
import { RoadsteadError } from '@roadstead/shared/kernel/roadstead-error.ts'
import type { Decision, DecisionRecord } from '@roadstead/shared/protocol/decision.ts'
import type { Leadership } from './leadership.ts'

export interface DecisionPenDeps {
  readonly leadership: Pick<Leadership, 'state' | 'write'>
  readonly position: { reached(seq: number, waitMs: number): Promise<void> }
  readonly count: (
    key: 'writes',
    labels: { readonly kind: 'decision'; readonly outcome: string },
  ) => void
}

interface Draft {
  readonly key: string
  readonly decision: Decision | undefined
}

/**
 * Writes decisions as the leader. A write counts when it has come back through the stream and is
 * folded, so whoever writes and then looks sees what it wrote.
 */
export class DecisionPen {
  readonly #deps: DecisionPenDeps

  constructor(deps: DecisionPenDeps) {
    this.#deps = deps
  }

  /** @throws RoadsteadError `not-leader` that names the leader */
  assertLeads(): void {
    const state = this.#deps.leadership.state()
    if (state.kind === 'leader') return
    const lease = state.kind === 'standby' ? state.leader : undefined
    throw new RoadsteadError('not-leader', { leader: lease?.url ?? 'nobody leads at the moment' })
  }

  /** @throws RoadsteadError `not-leader` or `bus-unreachable`; then some may be stored, in order */
  async write(drafts: readonly Draft[]): Promise<void> {
    const { count, leadership, position } = this.#deps
    let stored = 0
    for (const { key, decision } of drafts) {
      const state = leadership.state()
      if (state.kind !== 'leader') return this.assertLeads()
      const outcome = await leadership.write(key, decision && textOf(decision, state.epoch))
      count('writes', { kind: 'decision', outcome: outcome.kind })
      switch (outcome.kind) {
        case 'stored':
          stored = outcome.seq
          break
        case 'not-leader':
          throw new RoadsteadError('not-leader', { leader: 'changing at the moment' })
        case 'failed':
          throw new RoadsteadError('bus-unreachable', { error: outcome.error })
        default:
          unreachable(outcome)
      }
    }
    await position.reached(stored, READ_BACK_MS_MAX)
  }
}

/** A word takes a millisecond to come back; after this the reader is behind, not the writer. */
const READ_BACK_MS_MAX = 2_000

function textOf(decision: Decision, epoch: number): string {
  const record: DecisionRecord = { v: 1, epoch, decision }
  return JSON.stringify(record)
}
