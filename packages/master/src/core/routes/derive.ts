import type { ContainerId, HostId } from '@roadstead/shared/kernel/ids.ts'
import type { Graph, RouteKey } from '../graph/graph.ts'
import { compareText, sortedHosts } from '../graph/select.ts'
import { type Ask, asksOfHost, type DeriveSettings } from './ask.ts'
import { overFleetBudget, overHostBudget } from './budgets.ts'
import { compareRefs } from './claimant.ts'
import type { Derivation } from './derived.ts'
import type { Intent } from './intent.ts'
import { serviceOf, servicesOfRoute } from './pools.ts'
import { limitsOf } from './policy.ts'
import { settleRoute } from './settle.ts'
import { validClaims } from './valid-claims.ts'
import type { Route } from './table.ts'
import { type Settlement, verdictsOf } from './verdicts.ts'

/**
 * Derives everything from everything: who serves what, and for each container that asked, what
 * became of it (I1). This is what `derive` *means*; `deriveChange` gives the same at the price of
 * what changed, and is tested against this.
 */
export function deriveAll(graph: Graph, settings: DeriveSettings): Derivation {
  const { policy, digest } = settings
  const claims = validClaims(graph.claims, policy)
  const asksByHost = new Map(
    sortedHosts(graph).map((host) => [host.id, asksOfHost(graph, host, settings)]),
  )
  const asks = [...asksByHost.values()].flat()
  const overHost = new Set(
    [...asksByHost].flatMap(([host, each]) => [...overOneHost(host, each, graph, settings)]),
  )
  const claimants = asks
    .flatMap((ask) => ask.claimants)
    .filter(({ intent }) => !overHost.has(intent))
    .sort(compareRefs)

  const claimantsByKey = Map.groupBy(claimants, ({ intent }) => intent.key)
  const keys = [...new Set([...claimantsByKey.keys(), ...claims.keys()])]
  const overFleet = overFleetBudget(keys, claims, policy.limits.routesMax)
  const settle = (key: RouteKey): Route =>
    settleRoute(claimantsByKey.get(key) ?? [], claims.get(key), policy, digest)
  const routes = keys
    .filter((key) => !overFleet.has(key))
    .map(settle)
    .sort((a, b) => compareText(a.key, b.key))

  const routeByKey = new Map(routes.map((route) => [route.key, route]))
  const leading = routes.flatMap((route) => servicesOfRoute(route).map((key) => ({ key, route })))
  const services = [...Map.groupBy(leading, ({ key }) => key)]
    .sort(([a], [b]) => compareText(a, b))
    .map(([key, group]) =>
      serviceOf(
        key,
        group.map(({ route }) => route),
        digest,
      ),
    )

  const settlement: Settlement = { overHost, overFleet, routeByKey, policy }
  return {
    table: {
      services: new Map(services.map((service) => [service.key, service])),
      routes: routeByKey,
    },
    settings,
    asks: new Map(Array.from(asksByHost, ([host, group]) => [host, { asks: byContainer(group) }])),
    verdicts: new Map(
      [...asksByHost]
        .filter(([, group]) => group.length > 0)
        .map(([host, group]) => [
          host,
          new Map(group.map((ask) => [ask.container.id, verdictsOf(host, ask, settlement)])),
        ]),
    ),
  }
}

function byContainer(asks: readonly Ask[]): ReadonlyMap<ContainerId, Ask> {
  return new Map(asks.map((ask) => [ask.container.id, ask]))
}

export function overOneHost(
  host: HostId,
  asks: Iterable<Ask>,
  graph: Graph,
  { policy }: DeriveSettings,
): ReadonlySet<Intent> {
  const intents = Array.from(asks).flatMap((ask) =>
    ask.reading.intents.map((intent) => ({ container: ask.container.id, intent })),
  )
  return overHostBudget(intents, graph.claims, limitsOf(policy, host).routesPerHostMax)
}
