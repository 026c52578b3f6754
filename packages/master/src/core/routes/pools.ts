import type { Digest } from '@roadstead/shared/kernel/digest.ts'
import { ShortHashLength } from '@roadstead/shared/kernel/ids.ts'
import type { ServiceKey } from '@roadstead/shared/protocol/route.ts'
import { compareText } from '../graph/select.ts'
import type { Pool, Route, Service } from './table.ts'

/**
 * The routes that were granted to one service, grouped by who asks for them. As a rule that is one
 * group, named after the service alone, so its name outlives any change of endpoints and routes.
 */
export function serviceOf(key: ServiceKey, routes: readonly Route[], digest: Digest): Service {
  const groups = new Map<string, Route[]>()
  for (const route of routes.toSorted(compareRoutes)) {
    const group = groups.get(route.pooledBy)
    if (group === undefined) groups.set(route.pooledBy, [route])
    else group.push(route)
  }
  const pools = [...groups.values()].map((group, index): Pool => {
    const name = index === 0 ? key : `${key}\n${group[0]?.key ?? ''}`
    const id = `u_${digest(name).slice(0, ShortHashLength)}`
    const [first] = group
    // Whoever asks for them is the same, so the rest of them is the same too.
    const { endpoints = [], holdMs = 0, slowStartMs = 0 } = first ?? {}
    return { id, routes: group, endpoints, holdMs, slowStartMs }
  })
  return { key, pools }
}

interface RoutePlace {
  readonly domain: string
  readonly path: string
  readonly match: string
}

/** The order of routes in a table: by domain, path, match. */
export function compareRoutes(a: RoutePlace, b: RoutePlace): number {
  return (
    compareText(a.domain, b.domain) || compareText(a.path, b.path) || compareText(a.match, b.match)
  )
}
