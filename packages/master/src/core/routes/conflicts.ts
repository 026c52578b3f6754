import { invariant } from '@roadstead/shared/kernel/invariant.ts'
import type { ServiceKey } from '@roadstead/shared/protocol/route.ts'
import type { Claim } from '../graph/graph.ts'
import { type Claimant, isSameRef } from './claimant.ts'
import type { ContainerRef } from './table.ts'

/** Whose a route is, when containers of several services may ask for it. */
export interface Grant {
  readonly service: ServiceKey
  readonly holder: ContainerRef
  readonly stripPrefix: boolean
}

/**
 * The service that holds the claim keeps it as long as any container of it still asks, fit or not: a
 * restart must not hand a name to a stranger. A free route goes to the first container by host and id
 * that can serve, which is arbitrary and the same everywhere; the leader then writes the claim, and it
 * stays there.
 *
 * `claimants` are sorted and at least one.
 */
export function decideGrant(claimants: readonly Claimant[], claim: Claim | undefined): Grant {
  const holding = claimants.filter(({ intent }) => intent.service === claim?.service)
  const first = claimants.find(({ fitness }) => fitness.kind === 'fit') ?? claimants[0]
  invariant(first !== undefined, 'a route without claimants is not granted')
  if (claim === undefined || holding.length === 0) {
    return { ...first.intent, holder: { host: first.host, container: first.container } }
  }
  // Containers of one service may differ in how they want the route, for example while they are
  // replaced one by one: the holder's word counts, else that of the first.
  const voice = holding.find((each) => isSameRef(each, claim)) ?? holding[0] ?? first
  const { host, container, service } = claim
  return { service, holder: { host, container }, stripPrefix: voice.intent.stripPrefix }
}
