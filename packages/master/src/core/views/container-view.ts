import type { ContainerView } from '@roadstead/shared/protocol/http.ts'
import type { Verdict } from '@roadstead/shared/protocol/verdict.ts'
import { allContainers, nameOf, type Placed } from '../graph/select.ts'
import { workloadOf } from '../graph/workload.ts'
import { edgeVerdicts } from '../routes/edge-table.ts'
import type { Scene } from './scene.ts'

export function containerViews(scene: Scene): readonly ContainerView[] {
  const unreached = unreachedByContainer(scene)
  return allContainers(scene.graph).map((placed) => containerView(placed, scene, unreached))
}

/** Verdicts of edges that do not reach an endpoint, by container id; few as a rule. */
export type Unreached = ReadonlyMap<string, readonly Verdict[]>

export function unreachedByContainer({ tables }: Pick<Scene, 'tables'>): Unreached {
  const all = [...tables.values()].flatMap(({ table }) => edgeVerdicts(table))
  return Map.groupBy(all, ({ container }) => container)
}

export function containerView(
  { host, container }: Placed,
  { verdicts }: Pick<Scene, 'verdicts'>,
  unreached: Unreached,
): ContainerView {
  const own = verdicts.get(host.id)?.get(container.id) ?? []
  const byEdges = (unreached.get(container.id) ?? []).filter((each) => each.host === host.id)
  return {
    ...container,
    host: host.id,
    hostName: host.facts.name,
    path: `${host.facts.name}/${nameOf(container)}`,
    workload: workloadOf(container).key,
    verdicts: [...own, ...byEdges],
  }
}
