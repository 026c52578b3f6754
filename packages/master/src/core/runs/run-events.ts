import type { EventView } from '@roadstead/shared/protocol/http-events.ts'
import type { Run, RunId } from '@roadstead/shared/protocol/run.ts'
import type { Graph } from '../graph/graph.ts'
import { allRuns } from './refs.ts'

export type RunsSeen = ReadonlyMap<RunId, Run>

export function runsSeen(graph: Pick<Graph, 'runs'>): RunsSeen {
  return new Map(allRuns(graph).map((run) => [run.id, run]))
}

/** What began and ended between two looks, for people. */
export function runEvents(
  before: RunsSeen,
  now: RunsSeen,
  at: string,
): Omit<EventView, 'revision'>[] {
  const about = { at, hostName: '', kind: 'run', origin: 'master' } as const
  return [...now.values()].flatMap((run) => {
    const was = before.get(run.id)
    if (was?.state === run.state) return []
    const { by, host = '', id, log, remedy, state, target: subject, verb } = run
    const details = { run: id, by }
    const line = { ...about, host, subject, details }
    const begun = was === undefined ? [{ ...line, what: `${verb} begun` }] : []
    if (state === 'running') return begun
    const last = { last: log.at(-1)?.text ?? '', ...(remedy !== undefined && { remedy }) }
    return [...begun, { ...line, what: `${verb} ${state}`, details: { ...details, ...last } }]
  })
}
