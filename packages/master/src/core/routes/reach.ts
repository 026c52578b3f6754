import type { ContainerId } from '@roadstead/shared/kernel/ids.ts'
import type { Attachment, Container } from '@roadstead/shared/protocol/container.ts'
import type { Listen } from '@roadstead/shared/protocol/listen.ts'
import type { HostNode } from '../graph/graph.ts'
import { compareText, type Placed } from '../graph/select.ts'
import { type Fitness, unfit } from './eligible.ts'
import type { EndpointWishes, Intent } from './intent.ts'
import type { Policy } from './policy.ts'
import { shown } from './label-values.ts'
import type { InsideAddress, Reach } from './table.ts'

type Reached = Pick<Intent, 'port' | 'endpoint' | 'pool'>

/** Every way there may be to a port of a container, as its engine and its host tell, and it wants. */
export function reachOf(
  { host, container }: Placed,
  { port, endpoint, pool: { protocol = 'tcp' } }: Reached,
  policy: Policy,
): Reach {
  const owner = networkOwner(host, container)
  const { address: wish, network } = endpoint
  const isByHost = wish === undefined || wish.kind !== 'inside'
  const isInside = wish === undefined || wish.kind === 'inside'
  return {
    hostNetwork: isByHost && owner?.networkMode === 'host',
    inside: (isInside ? (owner?.attachments ?? []) : [])
      .filter((each) => network === undefined || each.network === network)
      .toSorted((a, b) => compareText(a.network, b.network))
      .flatMap((attachment) => insideAddresses(host, attachment)),
    published: (isByHost ? (owner?.ports ?? []) : [])
      .filter((each) => each.port === port && each.protocol === protocol)
      .flatMap((each) => each.published)
      .filter((each) => wish?.kind !== 'host' || each.port === wish.port),
    hostAddresses: host.facts.addresses,
    loopbackAllowed: policy.loopbackHosts.includes(host.id),
  }
}

/** Why nothing is left of the ways to a container that its labels narrow down; undefined when some is. */
export function whyNarrow(
  { host, container }: Placed,
  { port, endpoint, pool: { protocol = 'tcp' } }: Reached,
): Extract<Fitness, { kind: 'unfit' }> | undefined {
  const owner = networkOwner(host, container)
  if (owner === undefined) return undefined
  const { network, address } = endpoint
  const names = owner.attachments.map((each) => each.network)
  if (network !== undefined && !names.includes(network)) {
    return unfit('network-missing', { network, has: shown(names.sort().join(', ')) })
  }
  return isPublished(owner, { port, protocol }, address)
    ? undefined
    : unfit('address-not-published', notThere(address))
}

function isPublished(
  owner: Container,
  { port, protocol }: Listen,
  wish: EndpointWishes['address'],
): boolean {
  if (wish === undefined || wish.kind === 'inside') return true
  if (owner.networkMode === 'host') return wish.kind === 'published' || wish.port === port
  return owner.ports
    .filter((each) => each.port === port && each.protocol === protocol)
    .flatMap(({ published }) => published)
    .some((each) => wish.kind === 'published' || each.port === wish.port)
}

function notThere(wish: EndpointWishes['address']): Record<string, string> {
  return wish?.kind === 'host' ? { port: String(wish.port) } : {}
}

const SHARED_NETWORK = 'container:'

/** The containers of a host that live in the network of this one and are reached through it. */
export function networkGuests(host: HostNode, id: ContainerId): readonly ContainerId[] {
  const mode = `${SHARED_NETWORK}${id}`
  return [...host.containers.values()]
    .filter(({ networkMode }) => networkMode === mode)
    .map((guest) => guest.id)
}

/** Whose network it is: its own, or that of the container it was told to join, if that one exists. */
export function networkOwner(host: HostNode, container: Container): Container | undefined {
  if (!container.networkMode.startsWith(SHARED_NETWORK)) return container
  const id = container.networkMode.slice(SHARED_NETWORK.length)
  return [...host.containers.values()].find((each) => each.id === id)
}

/** Drivers whose addresses the host itself does not reach: they bypass it, or exist only inside. */
const UNREACHABLE_FROM_HOST = new Set(['macvlan', 'ipvlan', 'overlay', 'null', 'none'])

function insideAddresses(host: HostNode, attachment: Attachment): readonly InsideAddress[] {
  const { networkId } = attachment
  const network = host.networks.find((each) => each.id === networkId)
  return [attachment.address, attachment.address6]
    .filter((address) => address !== undefined)
    .map((address) => ({
      networkId,
      address,
      spansHosts: network?.scope === 'swarm' || network?.scope === 'global',
      reachableFromHost: !UNREACHABLE_FROM_HOST.has(network?.driver ?? ''),
    }))
}
