import type { RunView } from '@roadstead/shared/protocol/http.ts'
import type { Graph } from '../graph/graph.ts'
import { compareText } from '../graph/select.ts'

/** Runs that are kept, newest first. */
export function runViews({ decisions }: Pick<Graph, 'decisions'>): RunView[] {
  return [...decisions.values()]
    .flatMap((decision) => (decision.kind === 'run' ? [decision.run] : []))
    .sort((a, b) => compareText(b.since, a.since) || compareText(a.id, b.id))
}
