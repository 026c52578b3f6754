import { canonical } from '@roadstead/shared/kernel/canonical.ts'
import type { Claim, Graph, RouteKey } from '../graph/graph.ts'
import type { Policy } from '../routes/policy.ts'
import type { Route, RouteTable } from '../routes/table.ts'
import { isValidClaim } from '../routes/valid-claims.ts'

/** Since when nobody asks for a claimed route on behalf of the service that has it. */
export type Unasked = ReadonlyMap<RouteKey, number>

export interface ClaimFacts {
  readonly graph: Graph
  readonly table: RouteTable
  /** Routes that may have changed. */
  readonly routes: Iterable<RouteKey>
  readonly unasked: Unasked
  readonly policy: Pick<Policy, 'claims' | 'keptMs'>
  readonly settled: boolean
  readonly nowMs: number
  readonly since: string
}

export interface ClaimRuling {
  readonly write: readonly Claim[]
  /** Nobody has asked for these for long enough, or they may be held no longer: they are free. */
  readonly drop: readonly Claim[]
  readonly unasked: Unasked
}

/**
 * Makes the grants of a table last: a route that is served for the first time gets its claim written,
 * one that nobody asks for any more loses it after a while. The claim repeats what the route needs
 * to outlive its containers, and names one that asks, so that this one is known when it is renamed.
 */
export function ruleOnClaims(facts: ClaimFacts): ClaimRuling {
  const { graph, table, policy, nowMs, since } = facts
  const write: Claim[] = []
  const drop: Claim[] = []
  const unasked = new Map<RouteKey, number>()
  for (const key of new Set([...facts.routes, ...facts.unasked.keys()])) {
    const claim = graph.claims.get(key)
    const route = table.routes.get(key)
    if (claim === undefined) {
      if (route?.established === true) write.push(claimOf(route, since))
      continue
    }
    const isValid = isValidClaim(claim, policy)
    // Whoever may not hold it any more is not waited for.
    if (!isValid && route?.established !== true) {
      drop.push(claim)
      continue
    }
    if (route?.asked.some(({ service }) => service === route.service) === true) {
      const now = claimOf(route, route.service === claim.service ? claim.since : since)
      // Who has not been heard yet may be the holder, or the one that wants the longest hold.
      if ((facts.settled || !isValid) && !isSame(claim, now)) write.push(now)
      continue
    }
    // While the graph still fills, "nobody asks" only means "nobody has been heard yet".
    const sinceMs = facts.settled ? (facts.unasked.get(key) ?? nowMs) : nowMs
    unasked.set(key, sinceMs)
    if (nowMs - sinceMs >= policy.keptMs) drop.push(claim)
  }
  return { write, drop, unasked }
}

function claimOf(route: Route, since: string): Claim {
  const { domain, path, match, service, holder, holdMs, stripPrefix } = route
  const { when, priority, project, settings, canary } = route
  return {
    kind: 'claim',
    domain,
    path,
    match,
    ...(when !== undefined && { when }),
    service,
    ...holder,
    ...(project !== undefined && { project }),
    ...(holdMs > 0 && { holdMs }),
    ...(stripPrefix && { stripPrefix }),
    ...(priority !== 0 && { priority }),
    ...(Object.keys(settings).length > 0 && { settings }),
    ...(canary !== undefined && { canary }),
    since,
  }
}

/** Earlier versions wrote out what is not asked for. */
function isSame({ since: _then, ...a }: Claim, { since: _now, ...b }: Claim): boolean {
  return canonical(withoutNothing(a)) === canonical(withoutNothing(b))
}

function withoutNothing({ holdMs = 0, stripPrefix = false, ...rest }: Omit<Claim, 'since'>) {
  return { ...rest, holdMs, stripPrefix }
}
