import type { ContainerView } from '@roadstead/shared/protocol/http.ts'
import type { Verdict } from '@roadstead/shared/protocol/verdict.ts'
import { allContainers, compareText, drainOf, nameOf, type Placed } from '../graph/select.ts'
import { workloadOf } from '../graph/workload.ts'
import { edgeVerdicts } from '../routes/edge-table.ts'
import type { Reading } from '../routes/intent.ts'
import { drainView } from './drain-view.ts'
import type { Scene } from './scene.ts'

/** In the order in which people look for them: by the name of the host, then by their own. */
export function containerViews(scene: Scene): readonly ContainerView[] {
  const unreached = unreachedByContainer(scene)
  return allContainers(scene.graph)
    .map((placed) => containerView(placed, scene, unreached))
    .sort(byNames)
}

/** Names are not unique, so ids decide last, and a page of the list is the same each time. */
function byNames(a: ContainerView, b: ContainerView): number {
  return (
    compareText(a.hostName, b.hostName) ||
    compareText(nameOf(a), nameOf(b)) ||
    compareText(a.host, b.host) ||
    compareText(a.id, b.id)
  )
}

/** Verdicts of edges that do not reach an endpoint, by container id; few as a rule. */
export type Unreached = ReadonlyMap<string, readonly Verdict[]>

export function unreachedByContainer({ tables }: Pick<Scene, 'tables'>): Unreached {
  const all = [...tables.values()].flatMap(({ table }) => edgeVerdicts(table))
  return Map.groupBy(all, ({ container }) => container)
}

export function containerView(
  { host, container }: Placed,
  { graph, verdicts, asks }: Pick<Scene, 'graph' | 'verdicts' | 'asks'>,
  unreached: Unreached,
): ContainerView {
  const own = verdicts.get(host.id)?.get(container.id) ?? []
  const drain = drainOf(graph, host.id, container.id)
  const byEdges = (unreached.get(container.id) ?? []).filter((each) => each.host === host.id)
  return {
    ...container,
    host: host.id,
    hostName: host.facts.name,
    path: `${host.facts.name}/${nameOf(container)}`,
    workload: workloadOf(container).key,
    ...(drain !== undefined && { drained: drainView(drain) }),
    verdicts: [...own, ...byEdges],
    ...readingView(asks.get(host.id)?.asks.get(container.id)?.reading),
  }
}

/** Said only where there is something to say: most containers speak one language, and are understood. */
function readingView(
  reading: Reading | undefined,
): Pick<ContainerView, 'dialect' | 'lostDialects' | 'remarks'> {
  if (reading === undefined) return {}
  const { dialect, lost, remarks } = reading
  return {
    dialect,
    ...(lost.length > 0 && { lostDialects: [...lost] }),
    ...(remarks.length > 0 && { remarks: remarks.map((remark) => ({ ...remark })) }),
  }
}
