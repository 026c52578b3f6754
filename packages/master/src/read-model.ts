import type { Link } from '@roadstead/bus/ports.ts'
import type { Clock } from '@roadstead/shared/kernel/clock.ts'
import type { PublicKey } from '@roadstead/shared/kernel/ids.ts'
import type { EventView } from '@roadstead/shared/protocol/http-events.ts'
import type { LeaderView, StatusView } from '@roadstead/shared/protocol/http.ts'
import type { Lease } from '@roadstead/shared/protocol/lease.ts'
import type { LiveState } from '@roadstead/shared/protocol/live.ts'
import type { FoundContainer, ReadModel } from './api/read-model.ts'
import { explain } from './core/explain/explain.ts'
import { graphView } from './core/graph/links.ts'
import { resolveContainer } from './core/graph/names.ts'
import { containerView, containerViews, unreachedByContainer } from './core/views/container-view.ts'
import type { RequestLedger } from './core/requests/ledger.ts'
import { edgeViews } from './core/views/edge-view.ts'
import { findImage, imageViews } from './core/views/image-view.ts'
import { hostViews } from './core/views/host-view.ts'
import { objectViews } from './core/views/object-view.ts'
import { requestViews } from './core/views/request-view.ts'
import { routeViews } from './core/views/route-view.ts'
import type { Scene } from './core/views/scene.ts'
import { serviceViews } from './core/views/service-view.ts'
import { runViews } from './core/views/run-view.ts'
import { volumeViews } from './core/views/volume-view.ts'
import type { HistoryStatus } from './loops/history-desk.ts'
import type { Leadership } from './loops/leadership.ts'
import type { MasterState } from './state.ts'
import { warningsOf } from './warnings.ts'

export interface ReadDeps {
  readonly self: {
    readonly site: string
    readonly master: string
    readonly instance: string
    readonly version: string
  }
  readonly state: MasterState
  readonly leadership: Pick<Leadership, 'state'>
  readonly requests: { readonly ledger: RequestLedger }
  readonly link: Link
  readonly isSettled: () => boolean
  /** By which this master opens what is sealed for masters. */
  readonly ownKey: PublicKey
  readonly rejected: () => number
  readonly policyFileProblem: () => string | undefined
  readonly history: () => HistoryStatus
  readonly clock: Clock
  /** Revision of the live feed. */
  readonly revision: () => number
}

/** What the API shows, read from the state at the moment of the question. */
export function createReadModel(deps: ReadDeps): ReadModel {
  const scene = (): Scene => sceneOf(deps)
  return {
    status: () => statusView(deps),
    leader: () => leaderView(deps.leadership),
    hosts: () => hostViews(scene()),
    containers: () => containerViews(scene()),
    images: (query) => imageViews(deps.state, query),
    image: (name, host) => findImage(deps.state, name, host),
    volumes: (query) => volumeViews(deps.state, query),
    services: () => serviceViews(scene()),
    routes: () => routeViews(scene()),
    edges: () => edgeViews(scene()),
    runs: () => runViews(deps.state.graph),
    requests: () => {
      const { ledger } = deps.requests
      const now = scene()
      const seen = { edges: edgeViews(now), routes: routeViews(now) }
      return requestViews({ ledger, ...seen, nowMs: now.nowMs })
    },
    container: (name) => foundContainer(name, scene()),
    graph: () => graphView(deps.state.graph, deps.state.derived.table, deps.state.stock),
    decisions: () => deps.state.graph.decisions,
    objects: () => objectViews(deps.state.graph.decisions, deps.state.edges),
    explain: (subject) => explain(subject, scene()),
  }
}

/** The same as one picture, for the live feed. */
export function liveState(
  deps: ReadDeps,
  revision: number,
  events: (limit: number) => EventView[],
): LiveState {
  const scene = sceneOf(deps)
  return {
    status: { ...statusView(deps), revision },
    hosts: [...hostViews(scene)],
    services: [...serviceViews(scene)],
    routes: [...routeViews(scene)],
    edges: [...edgeViews(scene)],
    runs: runViews(scene.graph),
    events: events(EVENTS_SHOWN_MAX),
  }
}

/** As many as a page shows at once; the rest is a list of its own. */
const EVENTS_SHOWN_MAX = 200

function foundContainer(name: string, scene: Scene): FoundContainer | undefined {
  const named = resolveContainer(scene.graph, name)
  if (named.kind === 'none') return undefined
  if (named.kind === 'ambiguous') return named
  const container = containerView(named.placed, scene, unreachedByContainer(scene))
  return { kind: 'found', container }
}

function sceneOf({ clock, requests, state }: ReadDeps): Scene {
  const { derived, tables, graph, hearing, edges, desired } = state
  const { asks, settings, table, verdicts } = derived
  const derivation = { asks, settings, table, verdicts }
  const heard = { hearing, edges, requests: requests.ledger }
  return { graph, ...derivation, tables, ...heard, desired, nowMs: clock.monoMs() }
}

export function leaderView(leadership: Pick<Leadership, 'state'>): LeaderView | undefined {
  const lease = leaseOf(leadership)
  if (lease === undefined) return undefined
  const { epoch, instance, pid, host, url, since } = lease
  return { epoch, instance, pid, host, url, since }
}

/** Where the leader answers, when that is another master. */
export function otherLeaderUrl({
  leadership,
}: {
  readonly leadership: Pick<Leadership, 'state'>
}): string | undefined {
  const now = leadership.state()
  return now.kind === 'standby' ? now.leader?.url : undefined
}

export function leaseOf(leadership: Pick<Leadership, 'state'>): Lease | undefined {
  const now = leadership.state()
  return now.kind === 'standby' ? now.leader : now.lease
}

function statusView(deps: ReadDeps): StatusView {
  const { leadership, link, revision, self, state } = deps
  const server = link.server()
  const leader = leaderView(leadership)
  const { kind } = leadership.state()
  const { graph, derived } = state
  const hosts = [...graph.hosts.values()]
  return {
    ...self,
    role: kind === 'standby' && leader === undefined ? 'candidate' : kind,
    ...(leader !== undefined && { leader }),
    revision: revision(),
    nats: {
      connected: link.connected(),
      version: server?.version ?? '',
      servers: server?.servers ?? 0,
    },
    counts: {
      hosts: hosts.length,
      containers: hosts.reduce((sum, { containers }) => sum + containers.size, 0),
      services: derived.table.services.size,
      routes: derived.table.routes.size,
      edges: state.edges.size,
    },
    warnings: warningsOf({ ...deps, leads: leader !== undefined }),
  }
}
