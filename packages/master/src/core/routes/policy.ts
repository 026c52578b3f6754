import { canonical } from '@roadstead/shared/kernel/canonical.ts'
import type { HostId } from '@roadstead/shared/kernel/ids.ts'
import {
  DOMAINS_PER_LABEL_MAX,
  LABEL_BYTES_PER_CONTAINER_MAX,
  LABELS_PER_CONTAINER_MAX,
  ROUTES_MAX,
  ROUTES_PER_CONTAINER_MAX,
  ROUTES_PER_HOST_MAX,
} from '@roadstead/shared/kernel/limits.ts'
import { HOLD_MS_MAX } from '@roadstead/shared/protocol/decision.ts'
import { noSettings, type RouteSettings } from '@roadstead/shared/protocol/route-settings.ts'
import type { ListenName } from '@roadstead/shared/protocol/route.ts'
import type { ClaimPolicy } from '../policy/grants.ts'
import type { Dialect } from './intent.ts'

/**
 * What may be routed, as the operator wants it: what the policy document says, with hosts as ids, and
 * what is configured. It enters `derive`, and its digest every table.
 */
export interface Policy {
  readonly claims: ClaimPolicy
  /**
   * Hosts whose containers may be reached on loopback addresses, named by the operator. Simulated
   * engines have no other address to give; what an engine says of itself opens nothing, since it would
   * lead into every service that trusts the edge's own machine.
   */
  readonly loopbackHosts: readonly HostId[]
  readonly dialects: DialectPolicy
  /** What a route is given where its labels say nothing of it. */
  readonly defaults: RouteSettings
  /** For so long a name stays with its service when nobody asks for it any more. */
  readonly keptMs: number
  readonly limits: RouteLimits
  /** Of hosts that have limits of their own: all of them. */
  readonly limitsByHost: Readonly<Record<HostId, RouteLimits>>
  /** How containers are called that ask for nothing; absent: not at all. */
  readonly unlabelled?: DefaultRule
}

/** A name for containers without labels. */
export interface DefaultRule {
  /** As in `{{service}}.{{project}}.example.com`. */
  readonly template: string
  /** Absent: of any host, of any project. */
  readonly hosts?: readonly HostId[]
  readonly projects?: readonly string[]
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
  /** Ports that entry points of Traefik have, by their names; absent: nobody has said any. */
  readonly entryPoints?: Readonly<Record<string, ListenName>>
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

/** Equal for policies that allow the same, in the same words. */
export function policyText(policy: Policy): string {
  return canonical(JSON.parse(JSON.stringify(policy)))
}

/** What holds on one host. */
export function limitsOf(
  { limits, limitsByHost }: Pick<Policy, 'limits' | 'limitsByHost'>,
  host: HostId,
): RouteLimits {
  return limitsByHost[host] ?? limits
}

/**
 * Whoever replaces a container removes it first, and its successor asks one to three seconds later.
 * Until then the name stays where it is: visitors get 503 and not 404, and nobody who has waited for
 * the name takes it in the gap. No hold is longer, so nobody who is held loses the name meanwhile.
 */
export const KEPT_MS_LEAST = HOLD_MS_MAX
/** Longer, and a name that was given up by mistake is a matter for the policy. */
export const KEPT_MS_MOST = 3_600_000

/** What holds while no policy document says otherwise. */
export const defaultPolicy: Policy = {
  claims: { kind: 'open' },
  loopbackHosts: [],
  dialects: {
    order: ['roadstead', 'traefik', 'nginx-proxy'],
    orderByHost: {},
    traefikExposedByDefault: true,
    virtualHostPools: true,
  },
  defaults: noSettings,
  keptMs: KEPT_MS_LEAST,
  limits: {
    labelsPerContainerMax: LABELS_PER_CONTAINER_MAX,
    labelBytesPerContainerMax: LABEL_BYTES_PER_CONTAINER_MAX,
    domainsPerLabelMax: DOMAINS_PER_LABEL_MAX,
    routesPerContainerMax: ROUTES_PER_CONTAINER_MAX,
    routesPerHostMax: ROUTES_PER_HOST_MAX,
    routesMax: ROUTES_MAX,
    endpointsPerServiceMax: 1_000,
  },
  limitsByHost: {},
}
