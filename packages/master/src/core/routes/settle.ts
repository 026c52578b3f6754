import type { Digest } from '@roadstead/shared/kernel/digest.ts'
import { ShortHashLength } from '@roadstead/shared/kernel/ids.ts'
import { invariant } from '@roadstead/shared/kernel/invariant.ts'
import type { ReasonCode } from '@roadstead/shared/protocol/reasons.ts'
import type { Claim } from '../graph/graph.ts'
import { type Claimant, isSameRef } from './claimant.ts'
import { decideGrant, type Grant } from './conflicts.ts'
import type { Policy } from './policy.ts'
import type { Asked, Endpoint, Route } from './table.ts'

/** One route: whose it is, who serves it, and what became of everyone else who asked. */
export function settleRoute(
  claimants: readonly Claimant[],
  claim: Claim | undefined,
  policy: Policy,
  digest: Digest,
): Route {
  const grant = decideGrant(claimants, claim)
  const pooled = claimants.filter(({ intent }) => agrees(intent, grant))
  const isSomebodyFit = pooled.some(({ fitness }) => fitness.kind === 'fit')
  const { endpointsPerServiceMax } = policy.limits
  const endpoints: Endpoint[] = []
  const asked = claimants.map((claimant): Asked => {
    const outcome = agrees(claimant.intent, grant)
      ? serve(claimant, isSomebodyFit)
      : conflict(claimant, grant, claimants)
    if (outcome.reason !== 'routed' && outcome.reason !== 'routed-last') {
      return askedBy(claimant, outcome)
    }
    if (endpoints.length >= endpointsPerServiceMax) {
      return askedBy(claimant, tooMany(endpointsPerServiceMax))
    }
    endpoints.push(endpointOf(claimant, outcome.reason))
    return askedBy(claimant, outcome)
  })
  const [first] = claimants
  invariant(first !== undefined, 'a route without claimants is not settled')
  const { key, domain, path, match } = first.intent
  return {
    key,
    domain,
    path,
    match,
    established: claim !== undefined || endpoints.length > 0,
    endpoints,
    asked,
    stripPrefix: grant.stripPrefix,
    service: grant.service,
    holder: grant.holder,
    pooledBy: digest(pooled.map(poolEntry).join('\n')).slice(0, ShortHashLength),
  }
}

interface Outcome {
  readonly reason: ReasonCode
  readonly details: Readonly<Record<string, string>>
}

function agrees({ service, stripPrefix }: Claimant['intent'], grant: Grant): boolean {
  return service === grant.service && stripPrefix === grant.stripPrefix
}

/** While somebody else can serve, a lost host may go; when nobody can, all of the lost ones stay. */
function serve({ fitness }: Claimant, isSomebodyFit: boolean): Outcome {
  switch (fitness.kind) {
    case 'fit':
      return { reason: 'routed', details: {} }
    case 'silent':
      return { reason: isSomebodyFit ? 'host-lost' : 'routed-last', details: {} }
    default:
      return fitness
  }
}

function conflict(
  { intent }: Claimant,
  { service, holder, stripPrefix }: Grant,
  claimants: readonly Claimant[],
): Outcome {
  if (intent.service === service) {
    const details = { label: 'strip-prefix', held: String(stripPrefix) }
    return { reason: 'conflict-held', details: { ...details, asked: String(intent.stripPrefix) } }
  }
  // The container that the claim was written for may be gone; its service still asks by another.
  const holding = claimants.filter((each) => each.intent.service === service)
  const named = holding.find((each) => isSameRef(each, holder)) ?? holding[0]
  const details = { held: service, asked: intent.service }
  return {
    reason: 'conflict-held',
    details: named ? { ...details, holder: `${named.host}/${named.containerName}` } : details,
  }
}

function tooMany(max: number): Outcome {
  return { reason: 'over-budget', details: { what: 'endpoints of a service', max: String(max) } }
}

function askedBy({ host, container, containerName, intent }: Claimant, outcome: Outcome): Asked {
  const { route, service, port } = intent
  const { reason, details } = outcome
  return { host, container, containerName, route, service, port, reason, details }
}

function endpointOf(claimant: Claimant, reason: Endpoint['reason']): Endpoint {
  const { host, container, containerName, intent, reach } = claimant
  return { host, container, containerName, port: intent.port, reason, reach }
}

function poolEntry({ host, container, intent }: Claimant): string {
  return `${host} ${container} ${intent.port}`
}
