import type { Decision } from '@roadstead/shared/protocol/decision.ts'
import type { ContainerRef, Run, RunMember } from '@roadstead/shared/protocol/run.ts'
import type { Graph } from '../graph/graph.ts'
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

export function runKey({ id }: Pick<Run, 'id'>): string {
  return `d.run.${id}`
}

export function drainKey({ host, container }: ContainerRef): string {
  return `d.drain.${host}.${container}`
}

export function hostDrainKey(host: string): string {
  return `d.drain.${host}.all`
}

export type Drain = Extract<Decision, { kind: 'drain' }>

export function drainAt({ decisions }: Pick<Graph, 'decisions'>, key: string): Drain | undefined {
  const decision = decisions.get(key)
  return decision?.kind === 'drain' ? decision : undefined
}

export function runAt({ decisions }: Pick<Graph, 'decisions'>, id: string): Run | undefined {
  const decision = decisions.get(`d.run.${id}`)
  return decision?.kind === 'run' ? decision.run : undefined
}

/** Oldest first; those of one moment in the order of their ids, the same for every leader. */
export function activeRuns({ decisions }: Pick<Graph, 'decisions'>): Run[] {
  return [...decisions.values()]
    .flatMap((decision) => (decision.kind === 'run' ? [decision.run] : []))
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
