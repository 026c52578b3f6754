import type { Run } from '@roadstead/shared/protocol/run.ts'
import type { DecisionChange } from '../graph/fold.ts'
import type { Graph } from '../graph/graph.ts'
import { byAge, runAt, runKey } from './refs.ts'

/** Runs that have ended are kept for people: so many, and for so long. */
const ENDED_KEPT_MAX = 100
const ENDED_KEPT_MS = 24 * 3_600_000
/** What nobody waits for is cleared away little by little. */
const CLEARED_PER_ROUND = 20

/**
 * Clears away what runs left: records nobody will look at again, and drains whose run is over or was
 * never known. A drain of a person goes only with its container, whose id never comes back.
 */
export function upkeep(scene: {
  readonly graph: Graph
  readonly at: string
  readonly isSettled: boolean
}): readonly DecisionChange[] {
  const { graph } = scene
  const keys = [...strayDrains(graph, scene.isSettled), ...oldRuns(graph, scene.at)]
  return keys
    .slice(0, CLEARED_PER_ROUND)
    .map((key): DecisionChange => ({ kind: 'decision', key, decision: undefined }))
}

function strayDrains(graph: Graph, isSettled: boolean): string[] {
  return [...graph.decisions].flatMap(([key, decision]) => {
    if (decision.kind !== 'drain') return []
    const { container, host, run } = decision
    if (run !== undefined) return runAt(graph, run)?.state === 'running' ? [] : [key]
    const node = graph.hosts.get(host)
    const isGone =
      isSettled &&
      container !== undefined &&
      node?.synced === true &&
      !node.containers.has(container)
    return isGone ? [key] : []
  })
}

function oldRuns({ decisions }: Graph, at: string): string[] {
  const nowMs = Date.parse(at)
  return [...decisions.values()]
    .flatMap((decision): Run[] => (decision.kind === 'run' ? [decision.run] : []))
    .filter(({ state }) => state !== 'running')
    .sort((a, b) => byAge(b, a))
    .filter(
      ({ endedAt, since }, index) =>
        index >= ENDED_KEPT_MAX || nowMs - Date.parse(endedAt ?? since) > ENDED_KEPT_MS,
    )
    .map(runKey)
}
