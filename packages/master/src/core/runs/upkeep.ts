import type { Run } from '@roadstead/shared/protocol/run.ts'
import type { DecisionChange } from '../graph/fold.ts'
import type { Graph } from '../graph/graph.ts'
import { allRuns, byAge, runAt } from './refs.ts'
import { deletionsOf } from './run-file.ts'

/** Runs that have ended are kept for people: so many, and for so long. */
const ENDED_KEPT_MAX = 100
const ENDED_KEPT_MS = 24 * 3_600_000
/** What a leader writes in a row is whole within seconds, or was left by one that died. */
const TORN_KEPT_MS = 10 * 60_000
/** What nobody waits for is cleared away little by little. */
const CLEARED_PER_ROUND = 20

/**
 * Clears away what runs left: records nobody will look at again, parts of what was never whole, and
 * drains whose run is over or was never known. A drain of a person goes only with its container,
 * whose id never comes back.
 */
export function upkeep(scene: {
  readonly graph: Graph
  readonly at: string
  readonly isSettled: boolean
}): readonly DecisionChange[] {
  const { graph } = scene
  return [...strayDrains(graph, scene.isSettled), ...oldRuns(graph, scene.at)].slice(
    0,
    CLEARED_PER_ROUND,
  )
}

function strayDrains(graph: Graph, isSettled: boolean): DecisionChange[] {
  return [...graph.drains].flatMap(([key, { container, host, run }]): DecisionChange[] => {
    const deletion = { kind: 'decision', key, decision: undefined } as const
    if (run !== undefined) return runAt(graph, run)?.state === 'running' ? [] : [deletion]
    const node = graph.hosts.get(host)
    const isGone =
      isSettled &&
      container !== undefined &&
      node?.synced === true &&
      !node.containers.has(container)
    return isGone ? [deletion] : []
  })
}

function oldRuns(graph: Graph, at: string): DecisionChange[] {
  const nowMs = Date.parse(at)
  const ended = allRuns(graph)
    .filter(({ state }) => state !== 'running')
    .sort((a, b) => byAge(b, a))
    .filter((run, index) => index >= ENDED_KEPT_MAX || ageMs(run, nowMs) > ENDED_KEPT_MS)
    .map(({ id }) => id)
  const torn = [...graph.runs].flatMap(([id, { chunks, members, record, run }]) => {
    const part = record ?? members ?? [...chunks.values()][0]
    const isTorn = run === undefined && part !== undefined
    return isTorn && nowMs - Date.parse(part.since) > TORN_KEPT_MS ? [id] : []
  })
  return [...ended, ...torn].flatMap((id) => {
    const file = graph.runs.get(id)
    return file === undefined ? [] : deletionsOf(id, file)
  })
}

function ageMs({ endedAt, since }: Run, nowMs: number): number {
  return nowMs - Date.parse(endedAt ?? since)
}
