import type { ContainerId } from '@roadstead/shared/kernel/ids.ts'
import type { Attachment, Container, Port } from '@roadstead/shared/protocol/container.ts'
import type { HostNode } from '../graph/graph.ts'
import { compareText, type Placed } from '../graph/select.ts'
import type { Policy } from './policy.ts'
import type { InsideAddress, Reach } from './table.ts'

/** Every way there may be to a port of a container, as its engine and its host tell. */
export function reachOf({ host, container }: Placed, port: Port, policy: Policy): Reach {
  const owner = networkOwner(host, container)
  return {
    hostNetwork: owner?.networkMode === 'host',
    inside: (owner?.attachments ?? [])
      .toSorted((a, b) => compareText(a.network, b.network))
      .flatMap((attachment) => insideAddresses(host, attachment)),
    published: (owner?.ports ?? [])
      .filter((each) => each.port === port && each.protocol === 'tcp')
      .flatMap((each) => each.published),
    hostAddresses: host.facts.addresses,
    loopbackAllowed: policy.loopbackHosts.includes(host.id),
  }
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
