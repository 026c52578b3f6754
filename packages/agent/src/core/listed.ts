import type { ContainerId } from '@roadstead/shared/kernel/ids.ts'
import { canonical } from '@roadstead/shared/kernel/canonical.ts'
import { byText } from './bounded.ts'
import type { ListedJson } from './engine-json.ts'

/** What the last list said of each container, as one comparable text. */
export type ListedById = ReadonlyMap<ContainerId, string>

/**
 * Which containers a new list says to look at: those that it shows otherwise than the one before, new
 * ones, and known ones that it leaves out. Nothing is concluded from the list itself. A container that
 * is not in it gets a look too, and only the engine's own "no such container" makes it gone.
 */
export function compareLists(
  before: ListedById,
  list: readonly ListedJson[],
  known: Iterable<ContainerId>,
): {
  readonly listed: ListedById
  readonly changed: ContainerId[]
  readonly missing: ContainerId[]
} {
  const listed = new Map(list.map((it) => [it.Id, signature(it)]))
  return {
    listed,
    changed: [...listed].filter(([id, text]) => before.get(id) !== text).map(([id]) => id),
    missing: [...known].filter((id) => !listed.has(id)),
  }
}

function signature(it: ListedJson): string {
  const networks = Object.entries(it.NetworkSettings?.Networks ?? {})
    .map(([name, network]) => `${name}=${network.NetworkID}/${network.IPAddress ?? ''}`)
    .sort(byText)
  return canonical([it.State, health(it.Status), [...it.Names].sort(byText), networks])
}

/** The status is a sentence with an age in it; only its health, in brackets, is state. */
function health(status: string): string {
  return /\((?:health: )?(starting|healthy|unhealthy)\)/.exec(status)?.[1] ?? ''
}
