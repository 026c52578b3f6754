import type { EdgeStatus, Quarantined, TableStamp } from '@roadstead/shared/protocol/edge-status.ts'
import { endpointsOf, type HealthByEndpoint, leftOut } from './checks.ts'
import type { BusyContainers } from './quiet.ts'
import { type EdgeTable, emptyTable, endpointCount } from './table.ts'

/** What fits into one message of 256 KiB with the longest domains and paths that there can be. */
const QUARANTINED_MAX = 40
const CHECKS_MAX = 150
const CONTAINERS_PER_ROUTE_MAX = 8
const SHUT_LENGTH_MAX = 256
/** A check that came back is told for so long. */
const RECOVERED_MS = 60_000

export interface Self
  extends Pick<
    EdgeStatus,
    'site' | 'edge' | 'instance' | 'name' | 'addresses' | 'httpPort' | 'httpsPort'
  > {
  readonly publicKey: NonNullable<EdgeStatus['publicKey']>
  readonly host: EdgeStatus['host'] | undefined
  readonly container: EdgeStatus['container'] | undefined
}

export interface Snapshot {
  readonly epochMax: number
  readonly inForce: (NonNullable<EdgeStatus['inForce']> & TableStamp) | undefined
  readonly table: EdgeTable | undefined
  readonly health: HealthByEndpoint
  readonly quarantined: readonly Quarantined[]
  readonly quiet: EdgeStatus['quiet']
  readonly busy: BusyContainers['busy']
  readonly busyMore: boolean
  readonly outcome: EdgeStatus['outcome']
  readonly tier: EdgeStatus['tier']
  readonly tierReason: string
  readonly objects: NonNullable<EdgeStatus['objects']>
  readonly streamsReason: string | undefined
  readonly applied: EdgeStatus['applied']
  readonly editedFiles: readonly string[]
  readonly shut: string | undefined
  readonly attached: EdgeStatus['attached']
  readonly certificates: EdgeStatus['certificates']
  readonly nginx: EdgeStatus['nginx']
}

/** What this edge says about itself; lists are cut so that it always fits into one message. */
export function statusOf(
  self: Self,
  snapshot: Snapshot,
  now: { readonly wallMs: number; readonly monoMs: number },
): EdgeStatus {
  const { inForce, applied } = snapshot
  const { host, container, ...names } = self
  return {
    v: 1,
    ...names,
    ...(host === undefined ? {} : { host }),
    ...(container === undefined ? {} : { container }),
    epochMax: snapshot.epochMax,
    ...(inForce === undefined ? {} : { inForce }),
    outcome: snapshot.outcome,
    ...(snapshot.quiet === undefined ? {} : { quiet: snapshot.quiet }),
    ...(snapshot.busy.length === 0 ? {} : { busy: [...snapshot.busy] }),
    ...(snapshot.busyMore ? { busyMore: true } : {}),
    tier: snapshot.tier,
    tierReason: snapshot.tierReason,
    ...(snapshot.streamsReason === undefined ? {} : { streamsReason: snapshot.streamsReason }),
    nginx: snapshot.nginx,
    quarantined: snapshot.quarantined.slice(0, QUARANTINED_MAX).map((entry) => ({
      route: entry.route,
      containers: entry.containers.slice(0, CONTAINERS_PER_ROUTE_MAX),
      reason: entry.reason,
      since: entry.since,
    })),
    checks: notableChecks(snapshot.table ?? emptyTable, snapshot.health, now),
    ...(snapshot.editedFiles.length === 0 ? {} : { editedFiles: [...snapshot.editedFiles] }),
    ...(snapshot.shut === undefined ? {} : { shutFolder: snapshot.shut.slice(0, SHUT_LENGTH_MAX) }),
    ...(snapshot.attached === undefined ? {} : { attached: snapshot.attached }),
    ...(snapshot.objects.length === 0 ? {} : { objects: [...snapshot.objects] }),
    ...(snapshot.certificates === undefined ? {} : { certificates: snapshot.certificates }),
    ...(applied === undefined ? {} : { applied }),
    sentAtMs: now.wallMs,
  }
}

/** What a table comes to, for people. */
export function sizeOf(table: EdgeTable): { readonly routes: number; readonly endpoints: number } {
  const { routes, streams } = table
  return { routes: routes.length + streams.length, endpoints: endpointCount(table) }
}

function notableChecks(
  table: EdgeTable,
  health: HealthByEndpoint,
  now: { readonly wallMs: number; readonly monoMs: number },
): EdgeStatus['checks'] {
  if (health.size === 0) return []
  const out = leftOut(table, health)
  return endpointsOf(table)
    .flatMap(({ service, endpoint, key }) => {
      const known = health.get(key)
      if (known === undefined || known.sinceMs === 0) return []
      const ageMs = now.monoMs - known.sinceMs
      if (known.state === 'passing' && ageMs > RECOVERED_MS) return []
      const since = new Date(now.wallMs - ageMs).toISOString()
      return [{ service: service.id, endpoint, state: known.state, since, leftOut: out.has(key) }]
    })
    .slice(0, CHECKS_MAX)
}
