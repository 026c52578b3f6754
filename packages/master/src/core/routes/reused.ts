import type { ContainerId } from '@roadstead/shared/kernel/ids.ts'
import type { Container } from '@roadstead/shared/protocol/container.ts'
import type { HostNode } from '../graph/graph.ts'
import { compareText, nameOf } from '../graph/select.ts'
import { isV4, isWildcard } from './ip.ts'

/**
 * Containers whose address another one on their host has by now. Two cannot have it at once, so what
 * is known of one of them is out of date, and its requests would reach a stranger. The one that
 * started later has it; the other is out until a look at it says otherwise.
 *
 * Both times are of one engine's clock, and are compared with nothing else. When they are equal nothing
 * is proved, and both stay.
 */
export type Reused = ReadonlyMap<ContainerId, Taken>

/** By whom, and what. */
export interface Taken {
  readonly by: string
  readonly address: string
}

export const noneReused: Reused = new Map()

type Containers = HostNode['containers']

export function reusedOn(containers: Containers): Reused {
  return mayShare(containers, containers.keys()) ? listReused(containers) : noneReused
}

function listReused(containers: Containers): Reused {
  const tenants = new Map<string, Tenant[]>()
  for (const container of containers.values()) {
    for (const { key, address } of placesOf(container)) {
      const own = { container, address, isEverywhere: isWildcard(address) }
      const known = tenants.get(key)
      if (known === undefined) tenants.set(key, [own])
      else known.push(own)
    }
  }
  const reused = new Map<ContainerId, Taken>()
  for (const group of tenants.values()) {
    if (group.length < 2) continue
    for (const tenant of group) {
      const { container, address } = tenant
      const [heir] = group
        .filter((other) => isSamePlace(other, tenant))
        .filter((other) => isLater(other.container, container))
        .sort(latestFirst)
      if (heir === undefined || reused.has(container.id)) continue
      reused.set(container.id, { by: nameOf(heir.container), address })
    }
  }
  return reused
}

/**
 * The same from before, when only these containers may have changed. As a rule none of them has what
 * another has, and that is seen without looking at what all the others have.
 */
export function changeReused(
  before: Reused,
  containers: Containers,
  ids: ReadonlySet<ContainerId>,
): Reused {
  return before.size > 0 || mayShare(containers, ids) ? listReused(containers) : before
}

/** Those that were or are on the list, and not in the same words. */
export function reusedOtherwise(before: Reused, now: Reused): readonly ContainerId[] {
  if (before === now) return []
  return [...new Set([...before.keys(), ...now.keys()])].filter((id) => {
    const [old, fresh] = [before.get(id), now.get(id)]
    return old?.by !== fresh?.by || old?.address !== fresh?.address
  })
}

interface Tenant {
  readonly container: Container
  readonly address: string
  /** Bound on all addresses of its kind. */
  readonly isEverywhere: boolean
}

/** What only one container can have: an address in a network, a port of the host. */
function placesOf(container: Container): readonly { key: string; address: string }[] {
  if (!isUp(container)) return []
  return [
    ...container.attachments.flatMap(({ networkId, address, address6 }) =>
      [address, address6]
        .filter((each) => each !== undefined)
        .map((each) => ({ key: `in ${networkId} ${each}`, address: each })),
    ),
    ...container.ports
      .filter(({ protocol }) => protocol === 'tcp')
      .flatMap(({ published }) => published)
      .map(({ address, port }) => ({ key: `on ${isV4(address) ? 4 : 6} ${port}`, address })),
  ]
}

/** Whether one of these has an address or a port that another has too: at worst it says so in vain. */
function mayShare(containers: Containers, ids: Iterable<ContainerId>): boolean {
  const seen = new Seen()
  const looked = new Set(ids)
  for (const id of looked) {
    const container = containers.get(id)
    if (container !== undefined && seen.meets(container)) return true
    if (container !== undefined) seen.note(container)
  }
  if (seen.isEmpty) return false
  for (const [id, container] of containers) {
    if (!looked.has(id) && seen.meets(container)) return true
  }
  return false
}

/** Addresses and ports by themselves, whatever network or address they belong to: quickly compared. */
class Seen {
  readonly #addresses = new Set<string>()
  readonly #ports = new Set<number>()

  get isEmpty(): boolean {
    return this.#addresses.size + this.#ports.size === 0
  }

  note(container: Container): void {
    if (!isUp(container)) return
    for (const { address, address6 } of container.attachments) {
      if (address !== undefined) this.#addresses.add(address)
      if (address6 !== undefined) this.#addresses.add(address6)
    }
    for (const { published } of container.ports) {
      for (const { port } of published) this.#ports.add(port)
    }
  }

  meets(container: Container): boolean {
    if (!isUp(container)) return false
    const isHere = (address: string | undefined): boolean =>
      address !== undefined && this.#addresses.has(address)
    return (
      container.attachments.some((each) => isHere(each.address) || isHere(each.address6)) ||
      container.ports.some(({ published }) => published.some(({ port }) => this.#ports.has(port)))
    )
  }
}

/** Who does not run has nothing any more, whatever was last seen of it. */
function isUp({ state }: Container): boolean {
  return state === 'running' || state === 'paused'
}

/** A port bound on all addresses of its kind leaves none of them to anybody. */
function isSamePlace(a: Tenant, b: Tenant): boolean {
  return a.address === b.address || a.isEverywhere || b.isEverywhere
}

function isLater(a: Container, b: Container): boolean {
  return compareText(startText(a), startText(b)) > 0
}

/** Engines drop trailing zeros of the fraction: without the `Z`, a shorter text is an earlier time. */
function startText({ startedAt = '' }: Container): string {
  return startedAt.endsWith('Z') ? startedAt.slice(0, -1) : startedAt
}

function latestFirst(a: Tenant, b: Tenant): number {
  const [one, other] = [a.container, b.container]
  return compareText(startText(other), startText(one)) || compareText(one.id, other.id)
}
