import type { HostId } from '@roadstead/shared/kernel/ids.ts'
import type { RouteSettings } from '@roadstead/shared/protocol/route-settings.ts'
import type { DefaultRule, Policy, RouteLimits } from '../routes/policy.ts'
import type { PolicyDocument } from './document.ts'
import type { Grant } from './grants.ts'

/** Ids of the hosts that a word of the document names: none, one, or several of one name. */
export type HostsByText = (text: string) => readonly HostId[]

/** What the document says, over what holds without it. */
export function resolvePolicy(
  document: PolicyDocument,
  base: Policy,
  hostsNamed: HostsByText,
): Policy {
  const { claims, dialects = {}, defaults = {}, limits = {}, unlabelled } = document
  const whole = limitsFrom(limits, base.limits)
  const entryPoints = dialects['entry-points'] ?? base.dialects.entryPoints
  return {
    ...base,
    claims: claims === undefined ? base.claims : { kind: 'granted', grants: claims.map(grantOf) },
    dialects: {
      order: dialects.order ?? base.dialects.order,
      orderByHost: byHostId(dialects.hosts, (order) => order),
      traefikExposedByDefault:
        dialects['exposed-by-default'] ?? base.dialects.traefikExposedByDefault,
      virtualHostPools: dialects['virtual-host-pools'] ?? base.dialects.virtualHostPools,
      ...(entryPoints !== undefined && { entryPoints }),
    },
    defaults: settingsFrom(defaults),
    keptMs: defaults['kept-name'] ?? base.keptMs,
    limits: whole,
    limitsByHost: byHostId(limits.hosts, (own) => limitsFrom(own, whole)),
    ...(unlabelled !== undefined && { unlabelled: ruleOf(unlabelled) }),
  }

  function grantOf(entry: NonNullable<typeof claims>[number]): Grant {
    const { hosts, projects, domains = [], ports } = entry
    return { ...whom(hosts, projects), domains, ...(ports !== undefined && { ports }) }
  }

  function ruleOf({ host, hosts, projects }: NonNullable<typeof unlabelled>): DefaultRule {
    return { template: host, ...whom(hosts, projects) }
  }

  function whom(hosts: readonly string[] | 'all' | undefined, projects?: readonly string[]) {
    return {
      ...(hosts !== undefined && hosts !== 'all' && { hosts: hosts.flatMap(hostsNamed) }),
      ...(projects !== undefined && { projects }),
    }
  }

  function byHostId<Value, Own>(
    all: Readonly<Record<string, Value>> | undefined,
    own: (value: Value) => Own,
  ): Record<HostId, Own> {
    const entries = Object.entries(all ?? {}).flatMap(([text, value]) =>
      hostsNamed(text).map((id): [HostId, Own] => [id, own(value)]),
    )
    return Object.fromEntries(entries)
  }
}

type Limits = Omit<NonNullable<PolicyDocument['limits']>, 'hosts'>

function limitsFrom(said: Limits, base: RouteLimits): RouteLimits {
  return {
    ...base,
    routesPerHostMax: said.routes ?? base.routesPerHostMax,
    routesPerContainerMax: said['routes-per-container'] ?? base.routesPerContainerMax,
    domainsPerLabelMax: said['names-per-label'] ?? base.domainsPerLabelMax,
    labelsPerContainerMax: said.labels ?? base.labelsPerContainerMax,
    labelBytesPerContainerMax: said['label-bytes'] ?? base.labelBytesPerContainerMax,
  }
}

function settingsFrom(said: NonNullable<PolicyDocument['defaults']>): RouteSettings {
  const { buffering, compress, hsts, https, limit, timeout } = said
  const bodyBytesMax = said['body-size']
  return {
    ...(bodyBytesMax !== undefined && { bodyBytesMax }),
    ...(timeout !== undefined && { timeoutMs: timeout }),
    ...(buffering !== undefined && { buffering }),
    ...(compress !== undefined && { compress }),
    ...(limit !== undefined && { limit }),
    ...(https !== undefined && { https }),
    ...(hsts !== undefined && { hsts }),
  }
}
