import type { ContainerRef, Run, RunId } from '@roadstead/shared/protocol/run.ts'
import type { DecisionChange } from '../graph/fold.ts'
import { advance } from './advance.ts'
import { LetGoRuns, newLetGo } from './let-go.ts'
import { activeRuns } from './refs.ts'
import { writesOf } from './run-file.ts'
import type { RunMemory, RunScene } from './run-scene.ts'
import { Turns } from './turns.ts'

export interface RestartOrder {
  readonly run: RunId
  readonly ref: ContainerRef
}

export interface Round {
  /** To be written in this order, all of them before the first restart is asked for. */
  readonly changes: readonly DecisionChange[]
  readonly restarts: readonly RestartOrder[]
  readonly ended: readonly Run[]
  /** Some run is not finished: look again soon. */
  readonly isBusy: boolean
  readonly memory: RunMemory
}

/** One step of every run, oldest first, so that of two that want the same container one goes first. */
export function carryOn(scene: RunScene, memory: RunMemory): Round {
  const { graph } = scene
  const runs = activeRuns(graph)
  const letGos = new LetGoRuns(runs)
  const changes: DecisionChange[] = []
  for (const asked of scene.asked.values()) {
    const run = newLetGo(asked, scene, letGos)
    if (run === undefined) continue
    letGos.add(run)
    runs.push(run)
    changes.push(...writesOf(run, graph.runs.get(run.id)))
  }
  const turns = new Turns(runs, scene, memory)
  const restarts: RestartOrder[] = []
  const ended: Run[] = []
  const since = new Map<RunId, ReadonlyMap<string, number>>()
  for (const run of runs) {
    const step = advance(run, turns.outlookOf(run))
    turns.took(step)
    changes.push(...step.drains)
    if (step.run !== run) changes.push(...writesOf(step.run, graph.runs.get(run.id)))
    restarts.push(...step.restarts.map((ref) => ({ run: run.id, ref })))
    if (step.run.state === 'running') since.set(run.id, step.since)
    else ended.push(step.run)
  }
  const { marks } = turns
  return { changes, restarts, ended, isBusy: runs.length > 0, memory: { since, marks } }
}
