import type { HostId } from '@roadstead/shared/kernel/ids.ts'
import type { HostView } from '@roadstead/shared/protocol/http.ts'
import type { HostNode } from '../graph/graph.ts'
import { hostDrainOf, presenceDecision, sortedHosts } from '../graph/select.ts'
import { drainView } from './drain-view.ts'
import type { Scene } from './scene.ts'

export function hostViews(scene: Scene): readonly HostView[] {
  return sortedHosts(scene.graph).map((host) => hostView(host, scene))
}

function hostView(host: HostNode, scene: Scene): HostView {
  const { graph, hearing, nowMs } = scene
  const decision = presenceDecision(graph, host.id)
  const drain = hostDrainOf(graph, host.id)
  const heard = hearing.get(host.id)
  return {
    id: host.id,
    name: host.facts.name,
    presence: decision?.presence ?? 'present',
    presenceSince: decision?.since ?? '',
    ...(drain !== undefined && { drained: drainView(drain) }),
    engineState: heard?.beat.engine ?? 'unknown',
    ...(heard?.beat.engineProblem !== undefined && { engineProblem: heard.beat.engineProblem }),
    ...(heard?.beat.stopping === true && { stopping: true }),
    synced: host.synced,
    boot: host.stamp.boot,
    seq: host.stamp.seq,
    containers: host.containers.size,
    running: [...host.containers.values()].filter(({ state }) => state === 'running').length,
    endpoints: endpointsOn(host.id, scene),
    ...(heard !== undefined && {
      lastHeardMsAgo: Math.round(nowMs - heard.atMs),
      clockSkewMs: Math.round(heard.skewMs),
    }),
    spooled: heard?.beat.spooled ?? 0,
    facts: host.facts,
    networks: [...host.networks],
  }
}

/** Containers that serve at least one route. */
function endpointsOn(host: HostId, { verdicts }: Scene): number {
  const serving = [...(verdicts.get(host)?.values() ?? [])].filter((own) =>
    own.some(({ reason }) => reason === 'routed' || reason === 'routed-last'),
  )
  return serving.length
}
