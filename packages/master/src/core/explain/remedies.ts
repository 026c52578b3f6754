import { reasonTable } from '@roadstead/shared/protocol/reasons.ts'
import type { Verdict } from '@roadstead/shared/protocol/verdict.ts'

/** What to do, once each; nothing for what is well. */
export function remediesOf(verdicts: readonly Verdict[]): string[] {
  const bad = verdicts.filter(({ reason }) => reason !== 'routed')
  return [...new Set(bad.map(({ reason }) => reasonTable[reason].remedy))]
}
