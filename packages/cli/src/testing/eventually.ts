import { systemClock } from '@roadstead/shared/kernel/clock.ts'
import { waitUntil } from '../up/wait-until.ts'

/** Looks until there is an answer; for tests of this package only. */
export function eventually<Answer>(look: () => Answer | undefined): Promise<Answer> {
  const awaited = { what: 'it', msMax: 15_000, hint: 'the test', lookMs: 10 }
  const patience = { clock: systemClock, signal: new AbortController().signal }
  return waitUntil(patience, awaited, async () => look())
}
