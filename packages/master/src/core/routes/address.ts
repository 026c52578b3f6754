import type { EdgePlace } from './edge-place.ts'
import { addressKind, isV4, isWildcard } from './ip.ts'
import type { Endpoint } from './table.ts'

/** How one edge reaches one endpoint, or why it does not. */
export type Address =
  | { readonly kind: 'address'; readonly address: string; readonly port: number }
  | { readonly kind: 'no-address' }
  | { readonly kind: 'address-refused'; readonly address: string; readonly why: string }

/**
 * The first way that works for this edge: inside a network that both are in, or that the edge's host
 * has a leg in; else the published port on the endpoint's host; else the host's own port, for a
 * container that has no network but its host's.
 *
 * An address comes from an engine, and an engine may be owned by somebody else. So none may lead into
 * the edge's own machine, to a service that only trusts loopback, or back into the edge itself.
 */
export function addressFor(endpoint: Endpoint, place: EdgePlace): Address {
  const ways = waysTo(endpoint, place)
  const refusals = ways.map((way) => ({ way, why: whyRefused(way, endpoint, place) }))
  const open = refusals.find(({ why }) => why === undefined)
  if (open !== undefined) {
    const { address, port } = open.way
    return { kind: 'address', address, port }
  }
  const [first] = refusals
  if (first === undefined) return { kind: 'no-address' }
  return { kind: 'address-refused', address: first.way.address, why: first.why ?? '' }
}

interface Way {
  readonly address: string
  readonly port: number
  /** Loopback of a machine that the edge and the endpoint share, where the endpoint really listens. */
  readonly isSharedLoopback?: boolean
}

function waysTo(endpoint: Endpoint, place: EdgePlace): readonly Way[] {
  const isSameHost = place.host === endpoint.host
  return [
    ...sharedLoopback(endpoint, isSameHost && place.onHost),
    ...insideWays(endpoint, place, isSameHost),
    ...publishedWays(endpoint, isSameHost && place.onHost),
    ...hostWays(endpoint),
  ]
}

/**
 * A container in its host's network can connect to every loopback service there by itself, so that an
 * edge in the same network goes there for it gives it nothing that it does not have.
 */
function sharedLoopback({ reach, port }: Endpoint, sharesNetwork: boolean): readonly Way[] {
  if (!reach.hostNetwork || !sharesNetwork) return []
  return [{ address: '127.0.0.1', port, isSharedLoopback: true }]
}

function insideWays(
  { reach, port }: Endpoint,
  place: EdgePlace,
  isSameHost: boolean,
): readonly Way[] {
  return reach.inside
    .filter(({ networkId, spansHosts, reachableFromHost }) => {
      const throughHost = isSameHost && place.onHost && reachableFromHost
      return throughHost || (place.networks.includes(networkId) && (isSameHost || spansHosts))
    })
    .map(({ address }) => ({ address, port }))
}

function publishedWays({ reach }: Endpoint, sharesNetwork: boolean): readonly Way[] {
  return reach.published.flatMap((bound): readonly Way[] => {
    if (isWildcard(bound.address)) {
      const address = reach.hostAddresses.find((each) => isV4(each) === isV4(bound.address))
      return address === undefined ? [] : [{ address, port: bound.port }]
    }
    const isLoopback = addressKind(bound.address) === 'loopback'
    // What is bound to loopback was meant for that machine alone.
    if (isLoopback && !sharesNetwork && !reach.loopbackAllowed) return []
    return [{ ...bound, isSharedLoopback: isLoopback && sharesNetwork }]
  })
}

function hostWays({ reach, port }: Endpoint): readonly Way[] {
  const [address] = reach.hostAddresses
  return reach.hostNetwork && address !== undefined ? [{ address, port }] : []
}

function whyRefused(
  { address, port, isSharedLoopback = false }: Way,
  { reach, host, container }: Endpoint,
  place: EdgePlace,
): string | undefined {
  const kind = addressKind(address)
  const isEdgeItself = place.host === host && place.container === container
  const isOwnAddress = kind === 'loopback' || isEdgeItself || place.addresses.includes(address)
  const isOwnPort = port === place.httpPort || port === place.httpsPort
  if (isOwnPort && isOwnAddress) return 'the edge itself'
  if (kind === 'ordinary') return undefined
  if (kind === 'loopback' && (isSharedLoopback || reach.loopbackAllowed)) return undefined
  return kind
}
