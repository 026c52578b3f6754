import type { ContainerId } from '@roadstead/shared/kernel/ids.ts'
import { unreachable } from '@roadstead/shared/kernel/invariant.ts'
import type { Container } from '@roadstead/shared/protocol/container.ts'
import type { Observation, Snapshot } from '@roadstead/shared/protocol/observation.ts'
import type { HostGroup } from './graph.ts'

/**
 * The group as a snapshot tells it. Parts that did not change keep their old objects: what a change
 * costs further on is counted by objects that are new.
 */
export function groupOf(snapshot: Snapshot, before: HostGroup | undefined): HostGroup {
  const containers = new Map(
    snapshot.containers.map((each) => [each.id, reuse(before?.containers.get(each.id), each)]),
  )
  const isSame =
    before?.containers.size === containers.size &&
    [...containers].every(([id, each]) => before.containers.get(id) === each)
  return {
    facts: reuse(before?.facts, snapshot.facts),
    networks: reuse(before?.networks, snapshot.networks),
    containers: isSame ? before.containers : containers,
  }
}

/**
 * Maps that one fold made and that nobody else has seen yet. It may go on writing into them, so that a
 * host of thousands of containers is copied once for a burst, and not for each statement of it.
 */
export class OwnMaps {
  readonly #own = new WeakMap<HostGroup['containers'], Map<ContainerId, Container>>()

  writable(containers: HostGroup['containers']): Map<ContainerId, Container> {
    const known = this.#own.get(containers)
    if (known !== undefined) return known
    const copy = new Map(containers)
    this.#own.set(copy, copy)
    return copy
  }
}

/**
 * The group after one statement; the same object when it says nothing new.
 *
 * @param own only where nobody goes back to `group`; a fresh one copies.
 */
export function applyDelta(group: HostGroup, delta: Observation, own = new OwnMaps()): HostGroup {
  switch (delta.kind) {
    case 'news':
      return group
    case 'container-gone': {
      if (!group.containers.has(delta.containerId)) return group
      const containers = own.writable(group.containers)
      containers.delete(delta.containerId)
      return { ...group, containers }
    }
    case 'container-seen': {
      const { id } = delta.container
      const before = group.containers.get(id)
      const container = reuse(before, delta.container)
      if (container === before) return group
      return { ...group, containers: own.writable(group.containers).set(id, container) }
    }
    case 'host-seen': {
      const facts = reuse(group.facts, delta.facts)
      const networks = reuse(group.networks, delta.networks)
      const isSame = facts === group.facts && networks === group.networks
      return isSame ? group : { ...group, facts, networks }
    }
    default:
      return unreachable(delta)
  }
}

/** The old object when both say the same. Both were made by one schema, so their keys stand in one order. */
function reuse<Value>(before: Value | undefined, now: Value): Value {
  if (before === undefined) return now
  return before === now || JSON.stringify(before) === JSON.stringify(now) ? before : now
}
