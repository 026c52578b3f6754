import type { ContainerRef, Run, RunId, RunMember } from '@roadstead/shared/protocol/run.ts'
import type { Drain, Graph } from '../graph/graph.ts'
import { nameOf, type Placed } from '../graph/select.ts'

/** As long as a record may carry them; names of engines have no limit of their own. */
export const BY_MAX = 128
const PATH_MAX = 512

/** What people type. */
export function pathOf({ container, host }: Placed): string {
  return `${host.facts.name}/${nameOf(container)}`.slice(0, PATH_MAX)
}

/** Names a container in the maps of a round. */
export type RefKey = string

export function refKey({ host, container }: ContainerRef): RefKey {
  return `${host}/${container}`
}

/** Names what a run asks the agent of a container to do. */
export function commandKey(run: RunId, ref: ContainerRef): string {
  return `${run} ${refKey(ref)}`
}

export function drainKey({ host, container }: ContainerRef): string {
  return `d.drain.${host}.${container}`
}

export function hostDrainKey(host: string): string {
  return `d.drain.${host}.all`
}

export function drainAt({ drains }: Pick<Graph, 'drains'>, key: string): Drain | undefined {
  return drains.get(key)
}

export function runAt({ runs }: Pick<Graph, 'runs'>, id: RunId): Run | undefined {
  return runs.get(id)?.run
}

export function allRuns({ runs }: Pick<Graph, 'runs'>): Run[] {
  return [...runs.values()].flatMap(({ run }) => run ?? [])
}

/** Oldest first; those of one moment in the order of their ids, the same for every leader. */
export function activeRuns(graph: Pick<Graph, 'runs'>): Run[] {
  return allRuns(graph)
    .filter(({ state }) => state === 'running')
    .sort(byAge)
}

export function byAge(a: Run, b: Run): number {
  if (a.since !== b.since) return a.since < b.since ? -1 : 1
  return a.id < b.id ? -1 : a.id > b.id ? 1 : 0
}

/** Its turn has come and it is not finished: nobody else may touch it. */
export function isBegun({ phase }: Pick<RunMember, 'phase'>): boolean {
  return phase === 'draining' || phase === 'acting' || phase === 'returning'
}

export function isSettled({ phase }: Pick<RunMember, 'phase'>): boolean {
  return phase === 'done' || phase === 'left' || phase === 'failed'
}
