import type { HostId } from '@roadstead/shared/kernel/ids.ts'
import { listenOf } from '@roadstead/shared/protocol/listen.ts'
import { decidingPorts, isGuarded } from './port-grants.ts'

/** Who asks for a name. */
export interface Asker {
  readonly host: HostId
  /** Compose project of the container. */
  readonly project?: string | undefined
}

/** One entry of `claims`. What is absent is not asked about; not both are. */
export interface Grant {
  readonly hosts?: readonly HostId[]
  readonly projects?: readonly string[]
  readonly domains: readonly string[]
  /** Ports of the edges, for streams; see `port-grants.ts`. */
  readonly ports?: readonly string[]
}

/**
 * Who may hold which names and ports. Without a policy that says so anybody may hold any plain name and
 * port, and nobody a wildcard, which answers for names that others have not asked for yet, or a port
 * that is guarded.
 */
export type ClaimPolicy =
  | { readonly kind: 'open' }
  | { readonly kind: 'granted'; readonly grants: readonly Grant[] }

/**
 * Whether the asker may hold the name.
 *
 * The entries that speak of a name most closely decide, all of them together: `shop.example.com` before
 * `.example.com`, and that before `.com`. So a name that was given to somebody is not also everybody's
 * who was given the names around it, wherever the entries stand in the list.
 */
export function mayHold(policy: ClaimPolicy, asker: Asker, domain: string): boolean {
  const listen = listenOf(domain)
  if (listen !== undefined) {
    if (policy.kind === 'open') return !isGuarded(listen)
    return decidingPorts(policy.grants, listen).grants.some((grant) => isFor(grant, asker))
  }
  if (policy.kind === 'open') return !isWildcard(domain)
  return decidingGrants(policy.grants, domain).some((grant) => isFor(grant, asker))
}

/** The pattern that decides about a name or port; undefined when no entry speaks of it. */
export function decidingPattern(policy: ClaimPolicy, domain: string): string | undefined {
  if (policy.kind === 'open') return undefined
  const listen = listenOf(domain)
  if (listen !== undefined) return decidingPorts(policy.grants, listen).pattern
  const index = indexOf(policy.grants)
  return patternsFor(domain)
    .flat()
    .find((pattern) => index.has(pattern))
}

export function isWildcard(domain: string): boolean {
  return domain.startsWith('*.')
}

export function isFor(
  { hosts, projects }: Omit<Grant, 'domains' | 'ports'>,
  asker: Asker,
): boolean {
  const { host, project } = asker
  if (hosts !== undefined && !hosts.includes(host)) return false
  return projects === undefined || (project !== undefined && projects.includes(project))
}

function decidingGrants(grants: readonly Grant[], domain: string): readonly Grant[] {
  const index = indexOf(grants)
  const closest = patternsFor(domain)
    .map((patterns) => patterns.flatMap((pattern) => index.get(pattern) ?? []))
    .find((found) => found.length > 0)
  return closest ?? []
}

/** Patterns that speak of a name, the closest first; those side by side speak equally closely. */
function patternsFor(domain: string): readonly (readonly string[])[] {
  const isAll = isWildcard(domain)
  const labels = (isAll ? domain.slice(2) : domain).split('.')
  const parents = labels.map((_, index) => labels.slice(index).join('.'))
  if (isAll) return parents.map((parent) => [`*.${parent}`])
  return [[domain], ...parents.slice(1).map((parent) => [`.${parent}`, `*.${parent}`])]
}

const indexes = new WeakMap<readonly Grant[], ReadonlyMap<string, readonly Grant[]>>()

/** A policy is asked once for each name of each container, and is written once. */
function indexOf(grants: readonly Grant[]): ReadonlyMap<string, readonly Grant[]> {
  const known = indexes.get(grants)
  if (known !== undefined) return known
  const index = new Map<string, Grant[]>()
  for (const grant of grants) {
    for (const pattern of grant.domains) {
      const list = index.get(pattern)
      if (list === undefined) index.set(pattern, [grant])
      else list.push(grant)
    }
  }
  indexes.set(grants, index)
  return index
}
