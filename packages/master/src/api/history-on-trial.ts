import type { Clock } from '@roadstead/shared/kernel/clock.ts'
import { emptyGraph } from '../core/graph/graph.ts'
import { directHistory, type History } from '../io/history/history.ts'
import { secretHash } from '../io/secrets.ts'
import { HistoryDesk } from '../loops/history-desk.ts'

/** A change log in memory, open and empty. */
export async function historyOnTrial(clock: Clock) {
  const history = directHistory(':memory:', 'one')
  const notes = new HistoryDesk({
    digest: secretHash,
    nowMs: () => clock.wallMs(),
    known: () => emptyGraph,
    onLost: () => undefined,
  })
  await history.open({ nowMs: clock.wallMs() })
  notes.status = { state: 'written', beginsMs: clock.wallMs() }
  return { history, notes }
}

/** What was noted so far, written. */
export async function writeDown(trial: {
  readonly history: History
  readonly notes: HistoryDesk
}): Promise<void> {
  const { history, notes } = trial
  await history.write({ notes: notes.take(1_000), nowMs: 0 })
}
