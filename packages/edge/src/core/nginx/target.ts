import { unreachable } from '@roadstead/shared/kernel/invariant.ts'
import type { EndpointScheme } from '@roadstead/shared/protocol/route-settings.ts'
import type { ServiceId, TableRoute, TableService } from '@roadstead/shared/protocol/table.ts'
import { withShare } from '../canary.ts'
import type { Peer } from '../peers.ts'
import type { Definitions } from './definitions.ts'
import { data, directive, fixed, type SafeText, type Statement } from './directive.ts'
import type { Target } from './location.ts'
import { liveEntry } from './profile.ts'
import { newCookie, upstream } from './upstream.ts'

/** A service with those who can serve it now. */
export interface Alive {
  readonly service: TableService
  readonly peers: readonly Peer[]
}

/** Points of a ring that nginx keeps in memory for each step, where visitors stay with an endpoint. */
const RING_STEPS = 2
const STEPS = 100

/**
 * Where a route leads when endpoints are text. A canary makes one group of both services: so its share
 * is exact over all workers, a request that fails at one is tried at the other, and whoever is left
 * serves all.
 */
export function textTarget(
  alive: ReadonlyMap<ServiceId, Alive>,
  definitions: Definitions,
): (route: TableRoute) => Target | 'away' {
  return (route) => {
    const own = alive.get(route.service)
    const other = route.canary === undefined ? undefined : alive.get(route.canary.service)
    const one = own ?? other
    if (one === undefined) return 'away'
    const { service } = one
    const { scheme = 'http' } = service
    const isShared = own !== undefined && other !== undefined && schemeOf(other) === scheme
    const peers = isShared ? shared(own, other, route.canary?.percent ?? 0) : one.peers
    const group = data(
      isShared ? `${own.service.id}_${other.service.id}_${route.canary?.percent}` : service.id,
    )
    if (isShared) definitions.once(group, () => upstream(group, service, peers, definitions))
    const isLimited = peers.some(({ connectionsMax }) => connectionsMax !== undefined)
    return {
      group,
      scheme,
      entry: [...newCookie(service, definitions), ...(isLimited ? [sendFull] : [])],
      // Several endpoints of one group cannot each be told its own address here.
      ownHost: data(peers[0]?.peer ?? '-'),
      patience: service,
      mayBeFull: isLimited,
    }
  }
}

/** Where a route leads when nginx looks endpoints up in its memory: to all of them. */
export function liveTarget(
  schemes: ReadonlyMap<ServiceId, EndpointScheme>,
): (route: TableRoute) => Target {
  return ({ service, canary, settings }) => {
    const scheme = schemes.get(service) ?? 'http'
    const isShared = canary !== undefined && (schemes.get(canary.service) ?? 'http') === scheme
    const asked = isShared ? `${service}:${canary.service}:${canary.percent}` : service
    const own = directive('set', [fixed('$rs_own_host'), fixed('-')])
    return {
      group: liveGroup(scheme),
      scheme,
      entry: [...(settings?.ownHost === true ? [own] : []), ...liveEntry(data(asked))],
      ownHost: fixed('$rs_own_host'),
      patience: {},
      mayBeFull: false,
    }
  }
}

/** nginx itself says 502 when every endpoint has all that it takes. */
export const sendFull: Statement = directive('error_page', [
  fixed('502'),
  fixed('='),
  fixed('@rs_full'),
])

/** Kept connections are found by address alone, so those of other protocols are kept apart. */
function liveGroup(scheme: EndpointScheme): SafeText {
  switch (scheme) {
    case 'http':
      return fixed('rs_live')
    case 'https':
      return fixed('rs_live_https')
    case 'grpc':
      return fixed('rs_live_grpc')
    case 'grpcs':
      return fixed('rs_live_grpcs')
    default:
      return unreachable(scheme)
  }
}

function shared(own: Alive, other: Alive, percent: number): readonly Peer[] {
  const steps = own.service.balance === 'sticky' ? RING_STEPS : STEPS
  return withShare(own.peers, other.peers, percent, steps)
}

function schemeOf({ service }: Alive): EndpointScheme {
  return service.scheme ?? 'http'
}
