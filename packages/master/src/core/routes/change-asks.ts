import type { ContainerId, HostId } from '@roadstead/shared/kernel/ids.ts'
import type { GraphChange } from '../graph/change.ts'
import type { Graph, HostNode } from '../graph/graph.ts'
import { type Ask, askOf, type DeriveSettings } from './ask.ts'
import { overOneHost } from './derive.ts'
import type { Intent } from './intent.ts'
import { networkGuests } from './reach.ts'
import { changeReused, noneReused, type Reused, reusedOtherwise } from './reused.ts'

/** The containers of one host that ask, and what of it is beyond the host's budget. */
export interface HostAsks {
  readonly asks: ReadonlyMap<ContainerId, Ask>
  readonly overHost: ReadonlySet<Intent>
  /** Of all its containers, whether they ask or not. */
  readonly reused: Reused
}

export interface AsksStep {
  readonly asks: ReadonlyMap<HostId, HostAsks>
  /** Containers that ask or asked, and may do so in another way now. */
  readonly touched: ReadonlyMap<HostId, ReadonlySet<ContainerId>>
}

/** Reads again what containers ask for, where the graph changed. */
export function changeAsks(
  before: ReadonlyMap<HostId, HostAsks>,
  graph: Graph,
  change: GraphChange,
  settings: DeriveSettings,
): AsksStep {
  const asks = new Map(before)
  const touched = new Map<HostId, ReadonlySet<ContainerId>>()
  for (const host of hostsToLookAt(before, change)) {
    const old = before.get(host) ?? noAsks
    const ids = containersToLookAt(host, old, graph, change)
    const { now, touchedIds } = changeHost(host, old, ids, graph, settings)
    if (now.asks.size + now.reused.size === 0) asks.delete(host)
    else asks.set(host, now)
    if (touchedIds.size > 0) touched.set(host, touchedIds)
  }
  return { asks, touched }
}

const noAsks: HostAsks = { asks: new Map(), overHost: new Set(), reused: noneReused }

/** Where a host is over its budget, a claim of anybody may change which of its routes are in. */
function hostsToLookAt(
  before: ReadonlyMap<HostId, HostAsks>,
  { hosts, containers, claims }: GraphChange,
): ReadonlySet<HostId> {
  const crowded =
    claims.size === 0 ? [] : [...before].filter(([, { overHost }]) => overHost.size > 0)
  return new Set([...hosts, ...containers.keys(), ...crowded.map(([host]) => host)])
}

function containersToLookAt(
  host: HostId,
  old: HostAsks,
  graph: Graph,
  change: GraphChange,
): ReadonlySet<ContainerId> {
  const node = graph.hosts.get(host)
  if (change.hosts.has(host)) {
    return new Set([...old.asks.keys(), ...(node?.containers.keys() ?? [])])
  }
  const ids = [...(change.containers.get(host) ?? [])]
  const guests = node === undefined ? [] : ids.flatMap((id) => networkGuests(node, id))
  return new Set([...ids, ...guests])
}

function changeHost(
  host: HostId,
  old: HostAsks,
  ids: ReadonlySet<ContainerId>,
  graph: Graph,
  settings: DeriveSettings,
): { readonly now: HostAsks; readonly touchedIds: ReadonlySet<ContainerId> } {
  const node = graph.hosts.get(host)
  const reused = node === undefined ? noneReused : changeReused(old.reused, node.containers, ids)
  const facts = { graph, reused, settings }
  const asks = new Map(old.asks)
  const touchedIds = new Set<ContainerId>()
  for (const id of [...ids, ...othersOf(node, reusedOtherwise(old.reused, reused), ids)]) {
    const before = old.asks.get(id)
    const container = node?.containers.get(id)
    const ask = node && container && askOf(facts, { host: node, container }, before)
    if (ask === undefined) asks.delete(id)
    else asks.set(id, ask)
    if (ask !== undefined || before !== undefined) touchedIds.add(id)
  }
  const overHost = overOneHost(host, asks.values(), graph, settings)
  if (overHost.size + old.overHost.size > 0) {
    for (const [id, ask] of asks) {
      const isMoved = ask.reading.intents.some((it) => overHost.has(it) !== old.overHost.has(it))
      if (isMoved) touchedIds.add(id)
    }
  }
  return { now: { asks, overHost, reused }, touchedIds }
}

/** Who else changes with these: themselves, and whoever is reached through them. */
function othersOf(
  node: HostNode | undefined,
  moved: readonly ContainerId[],
  ids: ReadonlySet<ContainerId>,
): readonly ContainerId[] {
  if (moved.length === 0) return []
  const guests = node === undefined ? [] : moved.flatMap((id) => networkGuests(node, id))
  return [...new Set([...moved, ...guests])].filter((id) => !ids.has(id))
}
