import { canonical } from '@roadstead/shared/kernel/canonical.ts'
import type { Digest } from '@roadstead/shared/kernel/digest.ts'
import { ShortHashLength } from '@roadstead/shared/kernel/ids.ts'
import { invariant } from '@roadstead/shared/kernel/invariant.ts'
import { routeKey } from '@roadstead/shared/protocol/route-key.ts'
import type { Claim } from '../graph/graph.ts'
import { type Claimant, isSameRef } from './claimant.ts'
import { decideGrant, type Grant } from './conflicts.ts'
import type { PoolWishes } from './intent.ts'
import { type Difference, differenceOf } from './manner.ts'
import { conditionInOrder, settingsInOrder } from './ordered.ts'
import type { Policy } from './policy.ts'
import { isSomebodyFit, type Outcome, serve } from './serve.ts'
import type { Asked, Endpoint, Route, Share } from './table.ts'

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
  const { holder, manner, pool, project, service } = grant
  const { when, settings, priority, stripPrefix, canary } = manner
  const pooled = claimants.filter(({ intent }) => partOf(intent, grant) === 'whole')
  const sharing = claimants.filter(({ intent }) => partOf(intent, grant) === 'share')
  const { endpoints, shared, asked } = outcomes(claimants, { grant, pooled, sharing, policy })
  const { domain, path, match } = place
  const key = routeKey({ domain, path, match, when })
  const times = timesOf(pooled, claim)
  return {
    key,
    domain,
    path,
    match,
    ...(when !== undefined && { when: conditionInOrder(when) }),
    priority,
    settings: settingsInOrder(settings),
    established: claim !== undefined || endpoints.length + shared.length > 0,
    endpoints,
    asked,
    stripPrefix,
    service,
    holder,
    ...(project !== undefined && { project }),
    ...times,
    pool,
    ...(canary !== undefined && { canary }),
    ...(sharing.length > 0 && { share: shareOf(key, sharing, shared, digest) }),
    pooledBy: digest(poolText(pooled, times, pool)).slice(0, ShortHashLength),
  }
}

interface Parts {
  readonly grant: Grant
  readonly pooled: readonly Claimant[]
  readonly sharing: readonly Claimant[]
  readonly policy: Policy
}

interface Outcomes {
  readonly endpoints: readonly Endpoint[]
  readonly shared: readonly Endpoint[]
  readonly asked: readonly Asked[]
}

function outcomes(claimants: readonly Claimant[], parts: Parts): Outcomes {
  const { grant, pooled, sharing, policy } = parts
  const { endpointsPerServiceMax } = policy.limits
  const endpoints: Endpoint[] = []
  const shared: Endpoint[] = []
  const isWholeFit = isSomebodyFit(pooled)
  const isFit = { whole: isWholeFit, share: isWholeFit || isSomebodyFit(sharing) }
  const asked = claimants.map((claimant): Asked => {
    const part = partOf(claimant.intent, grant)
    if (part === 'none') return askedBy(claimant, conflict(claimant, grant, claimants))
    const served = serve(claimant, isFit[part])
    const { reason } = served
    if (reason !== 'routed' && reason !== 'routed-last') return askedBy(claimant, served)
    const list = part === 'whole' ? endpoints : shared
    if (list.length >= endpointsPerServiceMax) {
      return askedBy(claimant, tooMany(endpointsPerServiceMax))
    }
    list.push(endpointOf(claimant, reason))
    return askedBy(claimant, part === 'whole' ? served : withShare(served, grant))
  })
  return { endpoints, shared, asked }
}

/**
 * Whose containers a route leads to: all of its holder's that want it as it is held, and with a share of
 * the requests those of a service that the holder names and that asks for the same by itself.
 */
function partOf(intent: Claimant['intent'], grant: Grant): 'whole' | 'share' | 'none' {
  const isOwn = intent.service === grant.service
  if (!isOwn && intent.service !== grant.manner.canary?.service) return 'none'
  if (disagreement(intent, grant) !== undefined) return 'none'
  return isOwn ? 'whole' : 'share'
}

/** Who gets a share need not name the one who gives it, but is spoken with in the same way. */
function disagreement(intent: Claimant['intent'], grant: Grant): Difference | undefined {
  if (intent.service === grant.service) return differenceOf(grant.manner, intent)
  const { canary: _own, ...rest } = grant.manner
  const { scheme: held = 'http' } = grant.pool
  const { scheme: asked = 'http' } = intent.pool
  return held === asked ? differenceOf(rest, intent) : { label: 'scheme', held, asked }
}

/** Named after the route, so that the route can name it whatever else its service has. */
function shareOf(
  route: string,
  sharing: readonly Claimant[],
  endpoints: readonly Endpoint[],
  digest: Digest,
): Share {
  const [first] = sharing
  invariant(first !== undefined, 'a share has somebody who asks for it')
  const { service, pool } = first.intent
  const id = `u_${digest(`${service}\nshare of ${route}`).slice(0, ShortHashLength)}`
  return { id, service, endpoints, pool, slowStartMs: slowStartOf(sharing) }
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
    slowStartMs: slowStartOf(pooled),
  }
}

function slowStartOf(pooled: readonly Claimant[]): number {
  return Math.max(...pooled.map(({ intent }) => intent.slowStartMs))
}

/** Routes that nobody asks for any more are one pool, as far as they are held equally long. */
function poolText(pooled: readonly Claimant[], { holdMs }: Times, pool: PoolWishes): string {
  if (pooled.length === 0) return `kept ${holdMs} ${pool.protocol ?? ''}`
  return [canonical({ ...pool }), ...pooled.map(poolEntry)].join('\n')
}

function conflict({ intent }: Claimant, grant: Grant, claimants: readonly Claimant[]): Outcome {
  const { service, holder, manner } = grant
  if (intent.service === service || intent.service === manner.canary?.service) {
    return { reason: 'conflict-held', details: { ...disagreement(intent, grant) } }
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

function withShare({ reason, details }: Outcome, { service, manner }: Grant): Outcome {
  const share = `${manner.canary?.percent ?? 0}% of ${service}`
  return { reason, details: { ...details, share } }
}

function askedBy({ host, container, containerName, intent }: Claimant, outcome: Outcome): Asked {
  const { route, service, port } = intent
  const { reason, details } = outcome
  return { host, container, containerName, route, service, port, reason, details }
}

function endpointOf(claimant: Claimant, reason: Endpoint['reason']): Endpoint {
  const { host, container, containerName, intent, reach } = claimant
  const { weight, backup, connectionsMax } = intent.endpoint
  return {
    host,
    container,
    containerName,
    port: intent.port,
    reason,
    reach,
    ...(weight !== undefined && { weight }),
    ...(backup === true && { backup }),
    ...(connectionsMax !== undefined && { connectionsMax }),
  }
}

function poolEntry({ host, container, intent }: Claimant): string {
  return `${host} ${container} ${intent.port} ${canonical({ ...intent.endpoint })}`
}
