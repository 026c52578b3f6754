import type { Decision } from '@roadstead/shared/protocol/decision.ts'

/** A decision to write under its key, or (`undefined`) a key to take back. */
export interface DecisionDraft {
  readonly key: string
  readonly decision: Decision | undefined
}

/** The only way by which the API changes anything: a decision of the leader. */
export interface DecisionWriter {
  /**
   * Resolves when all are stored and folded here, so that the next answer shows them.
   * @throws RoadsteadError `not-leader` or `bus-unreachable`; then some may be stored, in order
   */
  write(drafts: readonly DecisionDraft[], signal?: AbortSignal): Promise<void>
}
