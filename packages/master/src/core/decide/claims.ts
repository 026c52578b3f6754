import type { Claim, Graph, RouteKey } from '../graph/graph.ts'
import type { RouteTable } from '../routes/table.ts'

export interface ClaimRuling {
  readonly write: readonly Claim[]
  /** Nobody asks for these any more: they are free. */
  readonly drop: readonly Claim[]
}

/**
 * Makes the grants of a table last. A route that is served for the first time, or whose holding
 * service asks no longer, gets its claim written; one that nobody asks for loses it.
 */
export function ruleOnClaims(
  graph: Graph,
  table: RouteTable,
  keys: Iterable<RouteKey>,
  since: string,
): ClaimRuling {
  const write: Claim[] = []
  const drop: Claim[] = []
  for (const key of keys) {
    const claim = graph.claims.get(key)
    const route = table.routes.get(key)
    if (route === undefined) {
      if (claim !== undefined) drop.push(claim)
    } else if (route.established && claim?.service !== route.service) {
      const { domain, path, match, service, holder } = route
      write.push({ kind: 'claim', domain, path, match, service, ...holder, since })
    }
  }
  return { write, drop }
}
