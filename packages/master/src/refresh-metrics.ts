import type { Link } from '@roadstead/bus/ports.ts'
import type { Clock } from '@roadstead/shared/kernel/clock.ts'
import type { EdgeView } from '@roadstead/shared/protocol/http.ts'
import { Presence } from '@roadstead/shared/protocol/presence.ts'
import type { ReadModel } from './api/read-model.ts'
import type { GaugeKey, Metrics } from './io/metrics.ts'
import type { HistoryDesk } from './loops/history-desk.ts'
import type { Leadership } from './loops/leadership.ts'

export interface RefreshDeps {
  readonly metrics: Metrics
  readonly read: Pick<ReadModel, 'status' | 'hosts' | 'routes' | 'edges' | 'runs' | 'objects'>
  readonly leadership: Pick<Leadership, 'state'>
  readonly link: Pick<Link, 'connected'>
  readonly watching: () => number
  readonly notes: Pick<HistoryDesk, 'status' | 'waiting'>
  readonly clock: Clock
}

const GAUGES_BY_NAME = [
  'agentUp',
  'agentInfo',
  'agentLastSeen',
  'heldRequests',
  'routes',
  'edgeReporting',
  'edgeInfo',
  'edgeVersionsBehind',
  'edgeReloads',
  'edgePushes',
  'edgeWaiting',
  'edgeBusy',
  'edgeQuarantined',
  'edgeOldGenerations',
  'edgeObjectsBehind',
  'certificateExpiry',
  'edgeCertificateExpiry',
  'edgeCertificateProblems',
] as const satisfies readonly GaugeKey[]

/** Sets the gauges to what is true now; called when somebody scrapes. */
export function refreshMetrics(deps: RefreshDeps): void {
  const { leadership, link, metrics, notes, read, watching } = deps
  for (const key of GAUGES_BY_NAME) metrics.clear(key)
  const now = leadership.state()
  const lease = now.kind === 'standby' ? now.leader : now.lease
  metrics.set('leader', now.kind === 'leader' ? 1 : 0)
  metrics.set('leaderEpoch', lease?.epoch ?? 0)
  metrics.set('natsUp', link.connected() ? 1 : 0)
  metrics.set('wsClients', watching())
  metrics.set('historyWaiting', notes.waiting)
  metrics.set('historyWritten', notes.status.state === 'written' ? 1 : 0)
  metrics.set('historyBytes', notes.status.bytes ?? 0)
  for (const [kind, count] of Object.entries(read.status().counts)) {
    metrics.set('inventoryObjects', count, { kind })
  }
  const underWay = read.runs().filter(({ state }) => state === 'running')
  metrics.set('runsUnderWay', underWay.length)
  const routes = Map.groupBy(read.routes(), ({ state }) => state)
  for (const [state, group] of routes) metrics.set('routes', group.length, { state })
  refreshHosts(deps)
  refreshEdges(deps)
  refreshObjects(deps)
}

function refreshHosts({ clock, metrics, read }: RefreshDeps): void {
  const hosts = read.hosts()
  const held = read.runs().flatMap(({ verb, state, members }) => {
    const isHeld = verb === 'let-go' && state === 'running'
    return isHeld ? members.filter(({ phase }) => phase === 'waiting' || phase === 'draining') : []
  })
  for (const presence of Presence.options) {
    metrics.set('hosts', hosts.filter((each) => each.presence === presence).length, { presence })
  }
  for (const { facts, id, lastHeardMsAgo, name: host, presence } of hosts) {
    metrics.set('heldRequests', held.filter((it) => it.host === id).length, { host })
    metrics.set('agentUp', presence === 'present' || presence === 'stale' ? 1 : 0, { host })
    metrics.set('agentInfo', 1, {
      host,
      version: facts.agentVersion,
      engine_version: facts.engine.version,
      api_version: facts.engine.apiVersion,
      os: facts.os,
      arch: facts.architecture,
    })
    if (lastHeardMsAgo === undefined) continue
    metrics.set('agentLastSeen', (clock.wallMs() - lastHeardMsAgo) / 1_000, { host })
  }
}

function refreshObjects({ metrics, read }: RefreshDeps): void {
  const objects = read.objects()
  for (const { name: edge } of read.edges()) {
    const isBehind = ({ edges }: (typeof objects)[number]) =>
      edges.some((it) => it.edge === edge && it.state !== 'current')
    metrics.set('edgeObjectsBehind', objects.filter(isBehind).length, { edge })
  }
  for (const { facts, name: certificate } of objects) {
    if (facts.object !== 'certificate') continue
    metrics.set('certificateExpiry', Date.parse(facts.notAfter) / 1_000, { certificate })
  }
}

function refreshCertificates(metrics: Metrics, { name: edge, certificates }: EdgeView): void {
  if (certificates === undefined) return
  const { list, problem } = certificates
  const broken = list.filter((it) => it.problem !== undefined).length
  metrics.set('edgeCertificateProblems', broken + (problem === undefined ? 0 : 1), { edge })
  for (const { name: certificate, served, source } of list) {
    if (served === undefined || source !== 'folder') continue
    const endS = Date.parse(served.notAfter) / 1_000
    metrics.set('edgeCertificateExpiry', endS, { edge, certificate })
  }
}

function refreshEdges({ metrics, read }: RefreshDeps): void {
  for (const view of read.edges()) {
    const { desired, inForce, name: edge, nginx } = view
    const generation = inForce?.generation ?? ''
    const isSameEpoch = desired !== undefined && desired.epoch === inForce?.epoch
    const behind = (desired?.version ?? 0) - (isSameEpoch ? inForce.version : 0)
    metrics.set('edgeReporting', view.reporting ? 1 : 0, { edge })
    metrics.set('edgeInfo', 1, { edge, nginx_version: nginx.version, tier: view.tier, generation })
    metrics.set('edgeVersionsBehind', Math.max(0, behind), { edge })
    metrics.set('edgeReloads', nginx.reloads, { edge })
    if (nginx.pushes !== undefined) metrics.set('edgePushes', nginx.pushes, { edge })
    if (nginx.waiting !== undefined) metrics.set('edgeWaiting', nginx.waiting, { edge })
    metrics.set('edgeBusy', view.busy.length, { edge })
    metrics.set('edgeQuarantined', view.quarantined.length, { edge })
    refreshCertificates(metrics, view)
    metrics.set('edgeOldGenerations', nginx.oldGenerations, { edge })
  }
}
