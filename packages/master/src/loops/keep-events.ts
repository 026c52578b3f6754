import { Bell } from '@roadstead/shared/kernel/bell.ts'
import type { Clock } from '@roadstead/shared/kernel/clock.ts'
import type { EdgeId, HostId } from '@roadstead/shared/kernel/ids.ts'
import type { EdgeOutcome, EdgeStatus } from '@roadstead/shared/protocol/edge-status.ts'
import type { EventView } from '@roadstead/shared/protocol/http-events.ts'
import type { EventEnvelope } from '@roadstead/shared/protocol/observation.ts'
import type { Presence } from '@roadstead/shared/protocol/presence.ts'
import { decisionEvents } from '../core/decide/decision-events.ts'
import type { Graph } from '../core/graph/graph.ts'
import { presenceOf } from '../core/graph/select.ts'
import { runEvents, type RunsSeen, runsSeen } from '../core/runs/run-events.ts'
import type { Leadership } from './leadership.ts'

export type EventDraft = Omit<EventView, 'revision'>

export interface KeepEventsDeps {
  readonly state: {
    readonly graph: Graph
    readonly edges: ReadonlyMap<EdgeId, { readonly status: EdgeStatus }>
    subscribe(topics: readonly ['graph', 'edges'], listener: () => void): Disposable
  }
  readonly leadership: Pick<Leadership, 'state' | 'onChange'>
  readonly add: (event: EventDraft) => void
  readonly clock: Clock
}

/** Tells in words what changed between two looks: hosts, leaders, tables in force, decisions, runs. */
export async function keepEvents(deps: KeepEventsDeps, signal: AbortSignal): Promise<void> {
  const { add, clock, leadership, state } = deps
  const bell = new Bell()
  using _changed = state.subscribe(['graph', 'edges'], () => bell.ring())
  using _led = leadership.onChange(() => bell.ring())
  let before: Seen | undefined
  while (!signal.aborted) {
    const now = look(deps)
    const at = new Date(clock.wallMs()).toISOString()
    if (before !== undefined) for (const event of eventsBetween(before, now, at)) add(event)
    before = now
    // People read it; what comes and goes within a moment may be one look.
    await clock.sleep(PAUSE_MS, signal)
    await bell.rung(signal)
  }
}

const PAUSE_MS = 250

interface Seen {
  readonly hosts: ReadonlyMap<HostId, { readonly name: string; readonly presence: Presence }>
  readonly edges: ReadonlyMap<EdgeId, EdgeStatus>
  readonly runs: RunsSeen
  readonly graph: Graph
  /** Who leads, as far as this master knows. */
  readonly leader: { readonly instance: string; readonly epoch: number; readonly url: string }
}

function look({ leadership, state }: KeepEventsDeps): Seen {
  const { graph } = state
  const now = leadership.state()
  const lease = now.kind === 'standby' ? now.leader : now.lease
  const { instance = '', epoch = 0, url = '' } = lease ?? {}
  return {
    hosts: new Map(
      Array.from(graph.hosts.values(), ({ id, facts: { name } }) => [
        id,
        { name, presence: presenceOf(graph, id) },
      ]),
    ),
    edges: new Map(Array.from(state.edges, ([id, { status }]) => [id, status])),
    runs: runsSeen(graph),
    graph,
    leader: { instance, epoch, url },
  }
}

export function eventsBetween(before: Seen, now: Seen, at: string): EventDraft[] {
  const events: EventDraft[] = []
  const tell = (
    kind: EventDraft['kind'],
    what: string,
    subject: string,
    rest: Partial<EventDraft> = {},
  ): void => {
    events.push({
      at,
      kind,
      host: '',
      hostName: '',
      origin: 'master',
      what,
      subject,
      details: {},
      ...rest,
    })
  }
  for (const [host, { name, presence }] of now.hosts) {
    const was = before.hosts.get(host)
    const about = { host, hostName: name }
    if (was === undefined) tell('host', 'host found', name, about)
    else if (was.presence !== presence) {
      tell('host', `host ${presence}`, name, { ...about, details: { was: was.presence } })
    }
  }
  for (const [host, { name }] of before.hosts) {
    if (!now.hosts.has(host)) tell('host', 'host removed', name, { host, hostName: name })
  }
  const { leader } = now
  const isOther = leader.instance !== before.leader.instance || leader.epoch !== before.leader.epoch
  if (isOther) {
    const details = { epoch: String(leader.epoch), url: leader.url }
    tell('leader', leader.instance === '' ? 'nobody leads' : 'leader changed', leader.instance, {
      details,
    })
  }
  for (const [edge, status] of now.edges)
    events.push(...edgeEvents(before.edges.get(edge), status, at))
  events.push(...decisionEvents(before.graph, now.graph, at))
  events.push(...runEvents(before.runs, now.runs, at))
  return events
}

function edgeEvents(before: EdgeStatus | undefined, now: EdgeStatus, at: string): EventDraft[] {
  const about = {
    at,
    host: now.host ?? '',
    hostName: '',
    kind: 'edge',
    origin: 'edge',
    subject: now.name,
  } as const
  if (before === undefined) return [{ ...about, what: 'edge found', details: {} }]
  const events: EventDraft[] = []
  const { inForce } = now
  if (inForce !== undefined && inForce.generation !== before.inForce?.generation) {
    const { epoch, version, generation, routes, endpoints } = inForce
    const details = {
      table: `${epoch}.${version}`,
      generation,
      routes: String(routes),
      endpoints: String(endpoints),
    }
    events.push({ ...about, what: 'table in force', details })
  }
  if (JSON.stringify(before.outcome) !== JSON.stringify(now.outcome)) {
    const details = trouble(now.outcome)
    if (details !== undefined) events.push({ ...about, what: `table ${now.outcome.kind}`, details })
  }
  if (now.quarantined.length > before.quarantined.length) {
    const details = { routes: String(now.quarantined.length) }
    events.push({ ...about, what: 'route quarantined', details })
  }
  return events
}

/** What is worth a line: an applied or unchanged table shows by being in force. */
function trouble(outcome: EdgeOutcome): Record<string, string> | undefined {
  switch (outcome.kind) {
    case 'refused':
      return { reason: outcome.reason, table: stampText(outcome.offered) }
    case 'held':
      return {
        routesLost: String(outcome.routesLost),
        endpointsLost: String(outcome.endpointsLost),
        table: stampText(outcome.offered),
      }
    case 'rejected':
      return { reason: outcome.reason, detail: outcome.detail, table: stampText(outcome.offered) }
    default:
      return undefined
  }
}

function stampText({
  epoch,
  version,
}: {
  readonly epoch: number
  readonly version: number
}): string {
  return `${epoch}.${version}`
}

/** A line of an agent: what its engine said. */
export function newsEvent(event: EventEnvelope, hostName: string): EventDraft | undefined {
  const { data } = event
  if (data.kind !== 'news') return undefined
  const { action, attributes, name, timeNano, type } = data.news
  return {
    at: rfc3339(timeNano) ?? event.time,
    host: data.stamp.host,
    hostName,
    kind: type === 'agent' ? 'agent' : 'engine',
    ...(type === 'container' && { container: data.news.id }),
    origin: type === 'agent' ? 'agent' : 'engine',
    what: `${type} ${action}`,
    subject: name,
    details: attributes,
  }
}

function rfc3339(timeNano: string): string | undefined {
  const date = new Date(Number(BigInt(timeNano) / 1_000_000n))
  return Number.isNaN(date.getTime()) ? undefined : date.toISOString()
}
