import type { Container } from '@roadstead/shared/protocol/container.ts'
import type { Network } from '@roadstead/shared/protocol/host.ts'

/** Podman's default network has this name at a container, and Docker's name in the list of networks. */
const PODMAN_DEFAULT = 'podman'
const DOCKER_DEFAULT = 'bridge'

/**
 * Podman gives the name of a network where Docker gives its id. With the id, masters find what kind of
 * network it is, and whether an edge is in the same one.
 */
export function withNetworkIds(container: Container, networks: readonly Network[]): Container {
  const isKnown = (id: string): boolean => networks.some((network) => network.id === id)
  if (container.attachments.every(({ networkId }) => isKnown(networkId))) return container
  const attachments = container.attachments.map((it) => {
    if (isKnown(it.networkId)) return it
    const named = byName(networks, it.networkId)
    return named === undefined ? it : { ...it, networkId: named.id }
  })
  return { ...container, attachments }
}

function byName(networks: readonly Network[], name: string): Network | undefined {
  const found = networks.find((network) => network.name === name)
  if (found !== undefined || name !== PODMAN_DEFAULT) return found
  return networks.find((network) => network.name === DOCKER_DEFAULT)
}
