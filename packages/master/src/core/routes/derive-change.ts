import type { ContainerId, HostId } from '@roadstead/shared/kernel/ids.ts'
import type { ServiceKey } from '@roadstead/shared/protocol/route.ts'
import type { Verdict } from '@roadstead/shared/protocol/verdict.ts'
import { type GraphChange, wholeGraph } from '../graph/change.ts'
import type { Graph, RouteKey } from '../graph/graph.ts'
import type { DeriveSettings } from './ask.ts'
import { changeAsks, type HostAsks } from './change-asks.ts'
import { changeClaimants } from './change-claimants.ts'
import type { Claimant } from './claimant.ts'
import { overFleetBudget } from './budgets.ts'
import type { Derivation, TableChange } from './derived.ts'
import { serviceOf, servicesOfRoute } from './pools.ts'
import { settleRoute } from './settle.ts'
import { ShardedMap } from './sharded-map.ts'
import type { ContainerRef, Route, Service } from './table.ts'
import { validClaim, validClaims } from './valid-claims.ts'
import { verdictsOf } from './verdicts.ts'

/** A derivation, with what the next step needs to be cheap. */
export interface Derived extends Derivation {
  readonly table: {
    readonly services: ShardedMap<ServiceKey, Service>
    readonly routes: ShardedMap<RouteKey, Route>
  }
  readonly asks: ReadonlyMap<HostId, HostAsks>
  /** By host, container; admitted by the budgets of the host. */
  readonly claimants: ShardedMap<RouteKey, readonly Claimant[]>
  /** Routes that are claimed and that nobody asks for. */
  readonly kept: ReadonlySet<RouteKey>
  readonly routesOfService: ShardedMap<ServiceKey, ReadonlySet<RouteKey>>
  readonly overFleet: ReadonlySet<RouteKey>
}

export interface DeriveStep {
  readonly derived: Derived
  readonly change: TableChange
}

/** Derives a whole graph step by step: the same as `deriveAll`, ready for what comes next. */
export function startDerive(graph: Graph, settings: DeriveSettings): DeriveStep {
  return deriveChange(nothingDerived(settings), graph, wholeGraph(graph))
}

/**
 * Derives what a change of the graph may have touched, and keeps the rest.
 *
 * From container to route to service, each step looks only at what the one before it touched:
 * asks of containers, then the routes that were or are asked for, then the services that had or have
 * them, then the verdicts of everyone who asked for these routes.
 */
export function deriveChange(before: Derived, graph: Graph, change: GraphChange): DeriveStep {
  const { settings } = before
  const asked = changeAsks(before.asks, graph, change, settings)
  const { claimants, keys } = changeClaimants(before.claimants, before.asks, asked)
  const looked = new Set([...keys, ...change.claims])
  const kept = changeKept(before, looked, claimants, graph)
  const overFleet = fleetBudget(before, claimants, kept, graph)
  const dirty = new Set([...looked, ...difference(before.overFleet, overFleet)])

  const settled = [...dirty].map((key): [RouteKey, Route | undefined] => {
    const group = claimants.get(key) ?? []
    const claim = validClaim(graph.claims, key, settings.policy)
    const isWanted = group.length > 0 || claim !== undefined
    if (!isWanted || overFleet.has(key)) return [key, undefined]
    return [key, settleRoute(group, claim, settings.policy, settings.digest)]
  })
  const routes = before.table.routes.with(settled)
  const touched = touchedServices(before, settled)
  const routesOfService = before.routesOfService.with(touched)
  const services = before.table.services.with(
    [...touched].map(([key, members]) => [key, service(key, members, routes, settings)]),
  )
  const derived: Omit<Derived, 'verdicts'> = {
    table: { services, routes },
    asks: asked.asks,
    claimants,
    kept,
    routesOfService,
    overFleet,
    settings,
  }
  const concerned = concernedBy(claimants, dirty, asked.touched)
  return {
    derived: { ...derived, verdicts: changeVerdicts(before, derived, concerned) },
    change: { services: new Set(touched.keys()), routes: dirty, containers: concerned },
  }
}

/**
 * Derives everything with another policy. What it may have touched is all that there was and all that
 * there is: a policy is changed by a person, a few times a day.
 */
export function derivePolicy(before: Derived, graph: Graph, settings: DeriveSettings): DeriveStep {
  const { derived, change } = startDerive(graph, settings)
  const containers = new Map(change.containers)
  for (const [host, { asks }] of before.asks) {
    containers.set(host, new Set([...asks.keys(), ...(containers.get(host) ?? [])]))
  }
  return {
    derived,
    change: {
      services: new Set([...before.table.services.keys(), ...change.services]),
      routes: new Set([...before.table.routes.keys(), ...change.routes]),
      containers,
    },
  }
}

export function nothingDerived(settings: DeriveSettings): Derived {
  return {
    table: { services: ShardedMap.empty(), routes: ShardedMap.empty() },
    verdicts: new Map(),
    asks: new Map(),
    claimants: ShardedMap.empty(),
    kept: new Set(),
    routesOfService: ShardedMap.empty(),
    overFleet: new Set(),
    settings,
  }
}

/** The same object when none came or went, which is nearly always. */
function changeKept(
  { kept: before, settings: { policy } }: Pick<Derived, 'kept' | 'settings'>,
  looked: Iterable<RouteKey>,
  claimants: ShardedMap<RouteKey, readonly Claimant[]>,
  { claims }: Graph,
): ReadonlySet<RouteKey> {
  let kept: Set<RouteKey> | undefined
  for (const key of looked) {
    const isClaimed = validClaim(claims, key, policy) !== undefined
    const isKept = isClaimed && !claimants.has(key)
    if (isKept === before.has(key)) continue
    kept ??= new Set(before)
    if (isKept) kept.add(key)
    else kept.delete(key)
  }
  return kept ?? before
}

/** Counted at every step, ordered only when the fleet asks for more than it may. */
function fleetBudget(
  before: Derived,
  claimants: ShardedMap<RouteKey, readonly Claimant[]>,
  kept: ReadonlySet<RouteKey>,
  graph: Graph,
): ReadonlySet<RouteKey> {
  const { routesMax } = before.settings.policy.limits
  if (claimants.size + kept.size <= routesMax) {
    return before.overFleet.size === 0 ? before.overFleet : new Set()
  }
  const claims = validClaims(graph.claims, before.settings.policy)
  return overFleetBudget([...claimants.keys(), ...kept], claims, routesMax)
}

/** Every service that had or has one of the routes, with all routes it has now. */
function touchedServices(
  before: Derived,
  settled: readonly (readonly [RouteKey, Route | undefined])[],
): ReadonlyMap<ServiceKey, ReadonlySet<RouteKey> | undefined> {
  const touched = new Map<ServiceKey, Set<RouteKey>>()
  for (const [key, route] of settled) {
    const old = before.table.routes.get(key)
    for (const each of old === undefined ? [] : servicesOfRoute(old)) membersOf(each).delete(key)
    for (const each of route === undefined ? [] : servicesOfRoute(route)) membersOf(each).add(key)
  }
  return new Map(
    Array.from(touched, ([key, members]) => [key, members.size === 0 ? undefined : members]),
  )

  function membersOf(service: ServiceKey): Set<RouteKey> {
    const known = touched.get(service)
    if (known !== undefined) return known
    const copy = new Set(before.routesOfService.get(service))
    touched.set(service, copy)
    return copy
  }
}

function service(
  key: ServiceKey,
  members: ReadonlySet<RouteKey> | undefined,
  routes: ShardedMap<RouteKey, Route>,
  { digest }: DeriveSettings,
): Service | undefined {
  if (members === undefined) return undefined
  const own = [...members].map((each) => routes.get(each)).filter((each) => each !== undefined)
  return serviceOf(key, own, digest)
}

type Containers = ReadonlyMap<HostId, ReadonlySet<ContainerId>>

/** Everyone who asks for a route that was settled again, and whoever changed: that is who may have left. */
function concernedBy(
  claimants: ShardedMap<RouteKey, readonly Claimant[]>,
  dirty: ReadonlySet<RouteKey>,
  touched: Containers,
): Containers {
  const concerned = new Map(Array.from(touched, ([host, ids]) => [host, new Set(ids)]))
  const add = ({ host, container }: ContainerRef): void => {
    const ids = concerned.get(host)
    if (ids === undefined) concerned.set(host, new Set([container]))
    else ids.add(container)
  }
  for (const key of dirty) {
    claimants.get(key)?.forEach(add)
  }
  return concerned
}

function changeVerdicts(
  before: Derived,
  derived: Omit<Derived, 'verdicts'>,
  concerned: Containers,
): Derived['verdicts'] {
  if (concerned.size === 0) return before.verdicts
  const verdicts = new Map(before.verdicts)
  const { overFleet, table, settings } = derived
  for (const [host, ids] of concerned) {
    const own = new Map<ContainerId, readonly Verdict[]>(before.verdicts.get(host))
    const asks = derived.asks.get(host)
    const overHost = asks?.overHost ?? new Set()
    const settlement = { overHost, overFleet, routeByKey: table.routes, policy: settings.policy }
    for (const id of ids) {
      const ask = asks?.asks.get(id)
      if (ask === undefined) own.delete(id)
      else own.set(id, verdictsOf(host, ask, settlement))
    }
    if (own.size === 0) verdicts.delete(host)
    else verdicts.set(host, own)
  }
  return verdicts
}

function difference<Item>(a: ReadonlySet<Item>, b: ReadonlySet<Item>): readonly Item[] {
  if (a === b) return []
  return [...a, ...b].filter((item) => a.has(item) !== b.has(item))
}
