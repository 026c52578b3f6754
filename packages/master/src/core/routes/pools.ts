import type { Digest } from '@roadstead/shared/kernel/digest.ts'
import { ShortHashLength } from '@roadstead/shared/kernel/ids.ts'
import { isListen } from '@roadstead/shared/protocol/listen.ts'
import type { ServiceKey } from '@roadstead/shared/protocol/route.ts'
import { routeKey } from '@roadstead/shared/protocol/route-key.ts'
import type { RouteCondition } from '@roadstead/shared/protocol/route-settings.ts'
import { compareText } from '../graph/select.ts'
import type { Pool, Route, Service, Share } from './table.ts'

/**
 * The routes that lead to one service, grouped by who asks for them. As a rule that is one
 * group, named after the service alone, so its name outlives any change of endpoints and routes.
 */
export function serviceOf(key: ServiceKey, routes: readonly Route[], digest: Digest): Service {
  const groups = new Map<string, Route[]>()
  const shares: Pool[] = []
  for (const route of routes.toSorted(streamsLast)) {
    if (route.service !== key) {
      if (route.share?.service === key) shares.push(sharePool(route, route.share))
      continue
    }
    const group = groups.get(route.pooledBy)
    if (group === undefined) groups.set(route.pooledBy, [route])
    else group.push(route)
  }
  const pools = [...groups.values()].map((group, index): Pool => {
    const name = index === 0 ? key : `${key}\n${group[0]?.key ?? ''}`
    const id = `u_${digest(name).slice(0, ShortHashLength)}`
    const [first] = group
    // Whoever asks for them is the same, so the rest of them is the same too.
    const { endpoints = [], holdMs = 0, slowStartMs = 0, pool: wishes = {} } = first ?? {}
    return { id, routes: group, endpoints, holdMs, slowStartMs, wishes }
  })
  return { key, pools: [...pools, ...shares] }
}

/** So that the pool of its HTTP routes keeps its name when a service gets a stream as well. */
function streamsLast(a: Route, b: Route): number {
  const isStream = ({ domain }: Route) => Number(isListen(domain))
  return isStream(a) - isStream(b) || compareRoutes(a, b)
}

/** Nothing is held for it: while it cannot serve, all requests go to the holder of the route. */
function sharePool(route: Route, { id, endpoints, slowStartMs, pool }: Share): Pool {
  return { id, routes: [], shareOf: route, endpoints, holdMs: 0, slowStartMs, wishes: pool }
}

/** The services that a route leads to. */
export function servicesOfRoute({ service, share }: Route): readonly ServiceKey[] {
  return share === undefined ? [service] : [service, share.service]
}

interface RoutePlace {
  readonly domain: string
  readonly path: string
  readonly match: string
  readonly when?: RouteCondition | undefined
}

/** The order of routes in a table: by domain, path, match, and by key where these are the same. */
export function compareRoutes(a: RoutePlace, b: RoutePlace): number {
  const inPlace =
    compareText(a.domain, b.domain) || compareText(a.path, b.path) || compareText(a.match, b.match)
  if (inPlace !== 0 || (a.when === undefined && b.when === undefined)) return inPlace
  return compareText(routeKey(a), routeKey(b))
}
