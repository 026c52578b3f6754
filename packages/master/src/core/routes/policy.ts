import type { HostId } from '@roadstead/shared/kernel/ids.ts'
import {
  DOMAINS_PER_LABEL_MAX,
  LABEL_BYTES_PER_CONTAINER_MAX,
  LABELS_PER_CONTAINER_MAX,
  ROUTES_MAX,
  ROUTES_PER_CONTAINER_MAX,
  ROUTES_PER_HOST_MAX,
} from '@roadstead/shared/kernel/limits.ts'
import type { Dialect } from './intent.ts'

/** What may be routed, as the operator wants it. It enters `derive`, and its digest every table. */
export interface Policy {
  /** Who may claim a free domain. `open`: whoever asks first. */
  readonly claims: 'open'
  /**
   * Hosts whose containers may be reached on loopback addresses, named by the operator. Simulated
   * engines have no other address to give; what an engine says of itself opens nothing, since it would
   * lead into every service that trusts the edge's own machine.
   */
  readonly loopbackHosts: readonly HostId[]
  readonly dialects: DialectPolicy
  readonly limits: RouteLimits
}

/** In which languages containers may ask. */
export interface DialectPolicy {
  /** The first in which a container asks is read, and no other; what is not on the list is not read. */
  readonly order: readonly Dialect[]
  /** Another order for the containers of one host. */
  readonly orderByHost: Readonly<Record<HostId, readonly Dialect[]>>
  /** Containers with labels of Traefik are served unless they say otherwise, as by Traefik itself. */
  readonly traefikExposedByDefault: boolean
  /** Containers of several hosts that have the same `VIRTUAL_HOST` and path serve it together. */
  readonly virtualHostPools: boolean
}

export interface RouteLimits {
  readonly labelsPerContainerMax: number
  readonly labelBytesPerContainerMax: number
  readonly domainsPerLabelMax: number
  readonly routesPerContainerMax: number
  readonly routesPerHostMax: number
  readonly routesMax: number
  /** As many as a table can carry for one service. */
  readonly endpointsPerServiceMax: number
}

export const defaultPolicy: Policy = {
  claims: 'open',
  loopbackHosts: [],
  dialects: {
    order: ['roadstead', 'traefik', 'nginx-proxy'],
    orderByHost: {},
    traefikExposedByDefault: true,
    virtualHostPools: true,
  },
  limits: {
    labelsPerContainerMax: LABELS_PER_CONTAINER_MAX,
    labelBytesPerContainerMax: LABEL_BYTES_PER_CONTAINER_MAX,
    domainsPerLabelMax: DOMAINS_PER_LABEL_MAX,
    routesPerContainerMax: ROUTES_PER_CONTAINER_MAX,
    routesPerHostMax: ROUTES_PER_HOST_MAX,
    routesMax: ROUTES_MAX,
    endpointsPerServiceMax: 1_000,
  },
}
