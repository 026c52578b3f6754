import type { ContainerId, HostId } from '@roadstead/shared/kernel/ids.ts'
import { routeKey, streamKey } from '@roadstead/shared/protocol/route-key.ts'
import type { ServiceKey } from '@roadstead/shared/protocol/route.ts'
import type {
  ServiceId,
  TableEndpoint,
  TableService,
  TableSlice,
} from '@roadstead/shared/protocol/table.ts'
import { compareText } from '../core/graph/select.ts'
import type { EdgeService, EdgeTable } from '../core/routes/edge-table.ts'
import { endpointInOrder, serviceInOrder } from '../core/routes/ordered.ts'

/**
 * A master that has just started may not have heard of every host yet, and what it has not heard of
 * looks like nothing. So for its first seconds it takes over from the table before whatever is on a
 * host that has not spoken: it adds at once, and removes only on the word of a host that is there, or
 * of somebody who drains.
 */
export function keepUnheard(
  table: EdgeTable,
  before: readonly TableSlice[],
  isUnheard: (host: HostId) => boolean,
  isDrained: (host: HostId, container: ContainerId) => boolean,
): EdgeTable {
  // As a rule everybody has spoken within a moment, and then there is nothing to look up.
  const kept = keptServices(before, isUnheard, isDrained)
  if (kept.length === 0) return table
  const places = placesOf(table)
  const merged = new Map<ServiceKey, EdgeService>()
  for (const { service, slice } of kept) {
    const routes = slice.routes
      .filter((route) => route.service === service.id)
      .filter((route) => mayMove(places.get(routeKey(route)), service))
    const streams = (slice.streams ?? [])
      .filter((stream) => stream.service === service.id)
      .filter((stream) => mayMove(places.get(streamKey(stream)), service))
    const known = merged.get(service.key) ?? table.services.get(service.key)
    const now = known ?? { id: service.id, services: [], routes: [], streams: [], verdicts: [] }
    const isLedTo = routes.length + streams.length > 0
    if (isLedTo || isShare(service, before) || hasPool(now, service)) {
      merged.set(service.key, withPool(now, service, { routes, streams }))
    }
  }
  return withoutLostShares({ ...table, services: table.services.with([...merged]) }, merged)
}

/** No route leads to it, and one lets it have a share. */
function isShare({ id }: TableService, before: readonly TableSlice[]): boolean {
  return before.some(({ routes }) => routes.some(({ canary }) => canary?.service === id))
}

function hasPool({ services }: EdgeService, { id }: TableService): boolean {
  return services.some((pool) => pool.id === id)
}

/** A route that was taken over may name a group that is gone by the word of its host. */
function withoutLostShares(
  table: EdgeTable,
  merged: ReadonlyMap<ServiceKey, EdgeService>,
): EdgeTable {
  const sharing = [...merged].filter(([, { routes }]) => routes.some(({ canary }) => canary))
  if (sharing.length === 0) return table
  const ids = new Set([...table.services.values()].flatMap(({ services }) => services.map(idOf)))
  const services = sharing.map(([key, service]): [ServiceKey, EdgeService] => {
    const routes = service.routes.map((route) => {
      const { canary, ...rest } = route
      return canary === undefined || ids.has(canary.service) ? route : rest
    })
    return [key, { ...service, routes }]
  })
  return { ...table, services: table.services.with(services) }
}

function idOf({ id }: TableService): string {
  return id
}

interface Kept {
  /** With those endpoints alone that are taken over. */
  readonly service: TableService
  readonly slice: TableSlice
}

function keptServices(
  before: readonly TableSlice[],
  isUnheard: (host: HostId) => boolean,
  isDrained: (host: HostId, container: ContainerId) => boolean,
): readonly Kept[] {
  const hosts = new Set(
    before.flatMap(({ services }) =>
      services.flatMap((it) => it.endpoints.map(({ host }) => host)),
    ),
  )
  const unheard = new Set([...hosts].filter((host) => isUnheard(host)))
  if (unheard.size === 0) return []
  return before.flatMap((slice) =>
    slice.services.flatMap((service) => {
      const endpoints = service.endpoints.filter(
        ({ container, host }) => unheard.has(host) && !isDrained(host, container),
      )
      return endpoints.length === 0 ? [] : [{ service: { ...service, endpoints }, slice }]
    }),
  )
}

interface Place {
  readonly key: ServiceKey
  readonly pool: string
  readonly isServed: boolean
}

/** Where each route leads by what has been heard so far. */
function placesOf(table: EdgeTable): ReadonlyMap<string, Place> {
  const places = new Map<string, Place>()
  for (const { routes, services, streams } of table.services.values()) {
    const pools = new Map(services.map((pool) => [pool.id, pool]))
    const note = (key: string, service: string): void => {
      const pool = pools.get(service)
      if (pool === undefined) return
      const isServed = pool.endpoints.length > 0
      places.set(key, { key: pool.key, pool: pool.id, isServed })
    }
    for (const route of routes) note(routeKey(route), route.service)
    for (const stream of streams) note(streamKey(stream), stream.service)
  }
  return places
}

/**
 * A route that its service only keeps, because nobody who asks for it has been heard, may stand in
 * another group now than the one whose endpoints are taken over: then it goes back there.
 */
function mayMove(now: Place | undefined, { id, key }: TableService): boolean {
  return now === undefined || (now.key === key && now.pool !== id && !now.isServed)
}

function withPool(
  now: EdgeService,
  kept: TableService,
  back: Pick<EdgeService, 'routes' | 'streams'>,
): EdgeService {
  const pool = now.services.find(({ id }) => id === kept.id)
  const routes = moveBack(now.routes, back.routes, routeKey)
  const streams = moveBack(now.streams, back.streams, streamKey)
  // What led to a group may have moved out of it; one that nothing led to has a share of a route.
  const left = new Set([...routes.left, ...streams.left])
  const led = new Set([...routes.all, ...streams.all].map(({ service }) => service))
  const others = now.services.filter(({ id }) => id !== kept.id && (!left.has(id) || led.has(id)))
  const endpoints = union(pool?.endpoints ?? [], kept.endpoints)
  const merged = serviceInOrder({ ...kept, ...pool, endpoints })
  return { ...now, services: [...others, merged], routes: routes.all, streams: streams.all }
}

/** All of them with these back, and the groups that they leave for it. */
function moveBack<Item extends { readonly service: ServiceId }>(
  now: readonly Item[],
  back: readonly Item[],
  keyOf: (item: Item) => string,
): { readonly all: readonly Item[]; readonly left: readonly ServiceId[] } {
  const moved = new Set(back.map(keyOf))
  const staying = now.filter((item) => !moved.has(keyOf(item)))
  const leaving = now.filter((item) => moved.has(keyOf(item)))
  return { all: [...staying, ...back], left: leaving.map(({ service }) => service) }
}

function union(now: readonly TableEndpoint[], kept: readonly TableEndpoint[]): TableEndpoint[] {
  const all = new Map(
    [...kept, ...now].map((endpoint) => {
      const { container, host, port } = endpoint
      return [`${host} ${container} ${port}`, endpointInOrder(endpoint)]
    }),
  )
  return [...all].sort(([a], [b]) => compareText(a, b)).map(([, endpoint]) => endpoint)
}
