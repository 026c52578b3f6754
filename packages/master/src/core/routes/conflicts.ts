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
 * restart must not hand a name to a stranger. And it keeps it when none asks any more, until the judge
 * takes the claim back: whoever replaces a container removes it first. A free route goes to the first
 * container by host and id that can serve, which is arbitrary and the same everywhere; the leader then
 * writes the claim, and it stays there.
 *
 * `claimants` are sorted, and at least one when there is no claim.
 */
export function decideGrant(claimants: readonly Claimant[], claim: Claim | undefined): Grant {
  if (claim === undefined) {
    const first = claimants.find(({ fitness }) => fitness.kind === 'fit') ?? claimants[0]
    invariant(first !== undefined, 'a route that nobody claims or asks for is not granted')
    const { service, stripPrefix } = first.intent
    return { service, stripPrefix, holder: { host: first.host, container: first.container } }
  }
  const holding = claimants.filter(({ intent }) => intent.service === claim.service)
  // Containers of one service may differ in how they want the route, for example while they are
  // replaced one by one: the holder's word counts, else that of the first. A holder who is alone and
  // has another service now was renamed, and is no stranger.
  const holder = (holding.length > 0 ? holding : claimants).find((each) => isSameRef(each, claim))
  const voice = holder ?? holding[0]
  const { host, container } = voice ?? claim
  return {
    service: voice?.intent.service ?? claim.service,
    holder: { host, container },
    stripPrefix: voice?.intent.stripPrefix ?? claim.stripPrefix ?? false,
  }
}
