import type { HostId } from '@roadstead/shared/kernel/ids.ts'
import { isListen, listenOf } from '@roadstead/shared/protocol/listen.ts'
import type { ServiceKey } from '@roadstead/shared/protocol/route.ts'
import type {
  ServiceId,
  TableEndpoint,
  TableRoute,
  TableService,
  TableStream,
} from '@roadstead/shared/protocol/table.ts'
import type { Verdict } from '@roadstead/shared/protocol/verdict.ts'
import type { Graph } from '../graph/graph.ts'
import { type Address, addressFor } from './address.ts'
import { isSameRef } from './claimant.ts'
import { type EdgeFacts, type EdgePlace, placeEdge } from './edge-place.ts'
import { endpointInOrder, serviceInOrder } from './ordered.ts'
import { ShardedMap } from './sharded-map.ts'
import type { Endpoint, Pool, Route, RouteTable, Service } from './table.ts'

/** The route table as one edge can use it: an address for every endpoint, or a verdict why not. */
export interface EdgeTable {
  readonly place: EdgePlace
  readonly services: ShardedMap<ServiceKey, EdgeService>
}

export interface EdgeService {
  /** Of its first pool, whether edges hear of that one or not: a hash of its key, and as lasting. */
  readonly id: ServiceId
  readonly services: readonly TableService[]
  readonly routes: readonly TableRoute[]
  readonly streams: readonly TableStream[]
  /** About endpoints that this edge does not reach. */
  readonly verdicts: readonly Verdict[]
}

export interface EdgeStep {
  readonly table: EdgeTable
  /** Services that may differ from the table before. */
  readonly services: ReadonlySet<ServiceKey>
}

export function tableForEdge(table: RouteTable, graph: Graph, facts: EdgeFacts): EdgeTable {
  return changeEdgeTable(undefined, { table, graph, facts, changed: new Set() }).table
}

export interface EdgeInput {
  readonly table: RouteTable
  readonly graph: Graph
  readonly facts: EdgeFacts
  /** Services that changed since the table before. */
  readonly changed: ReadonlySet<ServiceKey>
}

/** The same from the table before. An edge that moved looks at everything anew. */
export function changeEdgeTable(
  before: EdgeTable | undefined,
  { table, graph, facts, changed }: EdgeInput,
): EdgeStep {
  const place = placeEdge(graph, facts)
  const isSamePlace = before !== undefined && isSame(before.place, place)
  const from = isSamePlace ? before.services : ShardedMap.empty<ServiceKey, EdgeService>()
  const keys = isSamePlace ? changed : new Set([...table.services.keys(), ...goneFrom(before)])
  const services = from.with(
    [...keys].map((key) => {
      const service = table.services.get(key)
      return [key, service && serviceForEdge(service, place)]
    }),
  )
  return { table: { place, services }, services: keys }
}

function goneFrom(before: EdgeTable | undefined): Iterable<ServiceKey> {
  return before?.services.keys() ?? []
}

function isSame(a: EdgePlace, b: EdgePlace): boolean {
  return JSON.stringify(a) === JSON.stringify(b)
}

function serviceForEdge({ key, pools }: Service, place: EdgePlace): EdgeService | undefined {
  const told = pools.map(establishedOf).filter(isTold)
  const [first] = pools
  if (told.length === 0 || first === undefined) return undefined
  const reached = told.map((pool) => ({
    pool,
    endpoints: pool.endpoints.map((endpoint) => ({
      endpoint,
      address: addressFor(endpoint, place),
    })),
  }))
  return {
    id: first.id,
    services: reached.map(({ pool, endpoints }) =>
      tableService(
        key,
        pool,
        endpoints.flatMap(({ endpoint, address }) => tableEndpoints(endpoint, address)),
      ),
    ),
    routes: told.flatMap((pool) => pool.routes.flatMap((route) => tableRoute(pool, route))),
    streams: told.flatMap((pool) => pool.routes.flatMap((route) => tableStream(pool, route))),
    verdicts: reached.flatMap(({ pool, endpoints }) =>
      endpoints.flatMap(({ endpoint, address }) => unreached(key, pool, endpoint, address, place)),
    ),
  }
}

function establishedOf(pool: Pool): Pool {
  return { ...pool, routes: pool.routes.filter(({ established }) => established) }
}

function isTold({ routes, shareOf }: Pool): boolean {
  return routes.length > 0 || shareOf?.established === true
}

/** Keys of all these stand in the order of their names: a slice is written as it stands. */
function tableEndpoints(endpoint: Endpoint, reached: Address): readonly TableEndpoint[] {
  if (reached.kind !== 'address') return []
  const { address, port } = reached
  const { container, host, weight, backup, connectionsMax } = endpoint
  return [
    endpointInOrder({
      address,
      container,
      host,
      port,
      ...(weight !== undefined && { weight }),
      ...(backup !== undefined && { backup }),
      ...(connectionsMax !== undefined && { connectionsMax }),
    }),
  ]
}

function tableService(key: ServiceKey, pool: Pool, endpoints: TableEndpoint[]): TableService {
  const { id, holdMs, slowStartMs, wishes } = pool
  return serviceInOrder({
    ...wishes,
    id,
    key,
    endpoints,
    ...(holdMs > 0 && { holdMs }),
    ...(slowStartMs > 0 && { slowStartMs }),
  })
}

function tableRoute(pool: Pool, route: Route): readonly TableRoute[] {
  const { canary, domain, match, path, priority, settings, share, stripPrefix, when } = route
  if (isListen(domain)) return []
  const percent = canary?.percent
  return [
    {
      ...(share !== undefined &&
        percent !== undefined && { canary: { percent, service: share.id } }),
      domain,
      match,
      path,
      ...(priority !== 0 && { priority }),
      service: pool.id,
      ...(Object.keys(settings).length > 0 && { settings }),
      stripPrefix,
      ...(when !== undefined && { when }),
    },
  ]
}

function tableStream(pool: Pool, { domain, settings }: Route): readonly TableStream[] {
  const listen = listenOf(domain)
  if (listen === undefined) return []
  const { allow, proxyProtocol, responses, timeoutMs } = settings
  return [
    {
      ...(allow !== undefined && { allow }),
      listen: listen.port,
      protocol: listen.protocol,
      ...(proxyProtocol !== undefined && { proxyProtocol }),
      ...(responses !== undefined && { responses }),
      service: pool.id,
      ...(timeoutMs !== undefined && { timeoutMs }),
    },
  ]
}

function unreached(
  key: ServiceKey,
  { routes, shareOf }: Pool,
  endpoint: Endpoint,
  reached: Address,
  { edge }: EdgePlace,
): readonly Verdict[] {
  if (reached.kind === 'address') return []
  const { host, container, containerName } = endpoint
  const details =
    reached.kind === 'no-address' ? {} : { address: reached.address, why: reached.why }
  const leading = shareOf === undefined ? routes : [...routes, shareOf]
  return leading.map(({ domain, path, match, when, asked }) => ({
    host,
    container,
    containerName,
    route: asked.find((each) => isSameRef(each, endpoint))?.route ?? '',
    domain,
    path,
    match,
    ...(when !== undefined && { when }),
    service: key,
    reason: reached.kind,
    details,
    edge,
  }))
}

/** What this edge does not reach on one host; for the views of its containers. */
export function edgeVerdicts(table: EdgeTable, host?: HostId): readonly Verdict[] {
  return [...table.services.values()]
    .flatMap(({ verdicts }) => verdicts)
    .filter((verdict) => host === undefined || verdict.host === host)
}
