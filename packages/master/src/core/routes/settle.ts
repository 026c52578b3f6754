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
  const place = claim ?? claimants[0]?.intent
  invariant(place !== undefined, 'a route that nobody claims or asks for is not settled')
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
  const { domain, path, match } = place
  const times = timesOf(pooled, claim)
  return {
    key: `${domain} ${match} ${path}`,
    domain,
    path,
    match,
    established: claim !== undefined || endpoints.length > 0,
    endpoints,
    asked,
    stripPrefix: grant.stripPrefix,
    service: grant.service,
    holder: grant.holder,
    ...times,
    pooledBy: digest(poolText(pooled, times)).slice(0, ShortHashLength),
  }
}

type Times = Pick<Route, 'holdMs' | 'slowStartMs'>

/**
 * The longest that anybody asks for, fit or not, so that it depends on no order and stays the same
 * while containers are replaced one by one. When nobody is left, the claim remembers for how long
 * to hold.
 */
function timesOf(pooled: readonly Claimant[], claim: Claim | undefined): Times {
  if (pooled.length === 0) return { holdMs: claim?.holdMs ?? 0, slowStartMs: 0 }
  return {
    holdMs: Math.max(...pooled.map(({ intent }) => intent.holdMs)),
    slowStartMs: Math.max(...pooled.map(({ intent }) => intent.slowStartMs)),
  }
}

/** Routes that nobody asks for any more are one pool, as far as they are held equally long. */
function poolText(pooled: readonly Claimant[], { holdMs }: Times): string {
  return pooled.length === 0 ? `kept ${holdMs}` : pooled.map(poolEntry).join('\n')
}

interface Outcome {
  readonly reason: ReasonCode
  readonly details: Readonly<Record<string, string>>
}

function agrees({ service, stripPrefix }: Claimant['intent'], grant: Grant): boolean {
  return service === grant.service && stripPrefix === grant.stripPrefix
}

/**
 * While somebody else can serve, a lost host may go; when nobody can, all of the lost ones stay. It is
 * the same with one that falls again and again: better some answers than none.
 */
function serve({ fitness }: Claimant, isSomebodyFit: boolean): Outcome {
  switch (fitness.kind) {
    case 'fit':
      return { reason: 'routed', details: {} }
    case 'silent':
      return { reason: isSomebodyFit ? 'host-lost' : 'routed-last', details: {} }
    case 'shaky':
      return isSomebodyFit
        ? { reason: 'flapping', details: fitness.details }
        : { reason: 'routed', details: { ...fitness.details, flapping: 'nobody else can serve' } }
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
  const by = named ? { holder: `${named.host}/${named.containerName}` } : { kept: KEPT }
  return { reason: 'conflict-held', details: { ...details, ...by } }
}

const KEPT = 'nobody of that service asks any more, so it is free in a few seconds'

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
