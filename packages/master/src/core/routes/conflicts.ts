import { invariant } from '@roadstead/shared/kernel/invariant.ts'
import { listenOf } from '@roadstead/shared/protocol/listen.ts'
import type { ServiceKey } from '@roadstead/shared/protocol/route.ts'
import { noSettings } from '@roadstead/shared/protocol/route-settings.ts'
import type { Claim } from '../graph/graph.ts'
import { type Claimant, isSameRef } from './claimant.ts'
import type { PoolWishes } from './intent.ts'
import type { Manner } from './manner.ts'
import type { ContainerRef } from './table.ts'

/** Whose a route is, when containers of several services may ask for it. */
export interface Grant {
  readonly service: ServiceKey
  readonly holder: ContainerRef
  /** Compose project of the holder. */
  readonly project: string | undefined
  readonly manner: Manner
  readonly pool: PoolWishes
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
    const first = firstOf(claimants)
    invariant(first !== undefined, 'a route that nobody claims or asks for is not granted')
    const { host, container, project } = first
    return { ...voiceOf(first), holder: { host, container }, project }
  }
  const holding = claimants.filter(({ intent }) => intent.service === claim.service)
  // Containers of one service may differ in how they want the route, for example while they are
  // replaced one by one: the holder's word counts, else that of the first. A holder who is alone and
  // has another service now was renamed, and is no stranger.
  const holder = (holding.length > 0 ? holding : claimants).find((each) => isSameRef(each, claim))
  const voice = holder ?? holding[0]
  const { host, container, project } = voice ?? claim
  const word = voice === undefined ? remembered(claim) : voiceOf(voice)
  return { ...word, holder: { host, container }, project }
}

/** Whoever is to get a share of another's requests takes the whole only when nobody else can serve. */
function firstOf(claimants: readonly Claimant[]): Claimant | undefined {
  const sharing = new Set(claimants.flatMap(({ intent }) => intent.canary?.service ?? []))
  const fit = claimants.filter(({ fitness }) => fitness.kind === 'fit')
  return fit.find(({ intent }) => !sharing.has(intent.service)) ?? fit[0] ?? claimants[0]
}

type Word = Omit<Grant, 'holder' | 'project'>

function voiceOf({ intent }: Claimant): Word {
  const { service, pool } = intent
  return { service, pool, manner: intent }
}

function remembered(claim: Claim): Word {
  const { service, stripPrefix = false, priority = 0, settings = noSettings, when, canary } = claim
  const manner: Manner = {
    stripPrefix,
    priority,
    settings,
    ...(when !== undefined && { when }),
    ...(canary !== undefined && { canary }),
  }
  const protocol = listenOf(claim.domain)?.protocol
  return { service, pool: protocol === undefined ? {} : { protocol }, manner }
}
