import type { Claim, Graph, RouteKey } from '../graph/graph.ts'
import { mayHold } from '../policy/grants.ts'
import type { Policy } from './policy.ts'

type Claims = Graph['claims']
type Rules = Pick<Policy, 'claims'>

/**
 * Claims are kept by the policy as it is now: one of somebody who may no longer hold the name counts
 * for nothing from that moment, even before the leader has taken it back, so that the name goes at once
 * to whom it belongs.
 */
export function isValidClaim(claim: Claim, { claims }: Rules): boolean {
  return mayHold(claims, claim, claim.domain)
}

export function validClaim(claims: Claims, key: RouteKey, rules: Rules): Claim | undefined {
  const claim = claims.get(key)
  return claim !== undefined && isValidClaim(claim, rules) ? claim : undefined
}

/** The same claims when all of them count, which is nearly always. */
export function validClaims(claims: Claims, rules: Rules): Claims {
  const wrong = [...claims].filter(([, claim]) => !isValidClaim(claim, rules))
  if (wrong.length === 0) return claims
  const valid = new Map(claims)
  for (const [key] of wrong) valid.delete(key)
  return valid
}
