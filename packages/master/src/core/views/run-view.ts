import type { RunView } from '@roadstead/shared/protocol/http.ts'
import type { Graph } from '../graph/graph.ts'
import { compareText } from '../graph/select.ts'
import { allRuns } from '../runs/refs.ts'

/** Runs that are kept, newest first. */
export function runViews(graph: Pick<Graph, 'runs'>): RunView[] {
  return allRuns(graph).sort((a, b) => compareText(b.since, a.since) || compareText(a.id, b.id))
}
