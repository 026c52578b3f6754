import type { ContainerId, HostId } from '@roadstead/shared/kernel/ids.ts'
import type { RouteKey } from '../graph/graph.ts'
import type { AsksStep, HostAsks } from './change-asks.ts'
import { type Claimant, compareRefs } from './claimant.ts'
import type { ShardedMap } from './sharded-map.ts'

export interface ClaimantsStep {
  readonly claimants: ShardedMap<RouteKey, readonly Claimant[]>
  /** Routes that one of the touched containers asked for before, or asks for now. */
  readonly keys: ReadonlySet<RouteKey>
}

/** Takes touched containers out of the lists they stood in, and puts them where they belong now. */
export function changeClaimants(
  before: ShardedMap<RouteKey, readonly Claimant[]>,
  oldAsks: ReadonlyMap<HostId, HostAsks>,
  { asks, touched }: AsksStep,
): ClaimantsStep {
  const left = new Map<RouteKey, Set<string>>()
  const joined = new Map<RouteKey, Claimant[]>()
  for (const [host, ids] of touched) {
    for (const id of ids) {
      for (const claimant of admitted(oldAsks.get(host), id)) {
        const leaving = left.get(claimant.intent.key) ?? new Set()
        left.set(claimant.intent.key, leaving.add(refText(claimant)))
      }
      for (const claimant of admitted(asks.get(host), id)) {
        const joining = joined.get(claimant.intent.key)
        if (joining === undefined) joined.set(claimant.intent.key, [claimant])
        else joining.push(claimant)
      }
    }
  }
  const keys = new Set([...left.keys(), ...joined.keys()])
  const lists = [...keys].map((key): [RouteKey, readonly Claimant[] | undefined] => {
    const leaving = left.get(key)
    const staying = (before.get(key) ?? []).filter((each) => leaving?.has(refText(each)) !== true)
    const list = [...staying, ...(joined.get(key) ?? [])]
    return [key, list.length === 0 ? undefined : list.sort(compareRefs)]
  })
  return { claimants: before.with(lists), keys }
}

function admitted(host: HostAsks | undefined, id: ContainerId): readonly Claimant[] {
  const claimants = host?.asks.get(id)?.claimants ?? []
  return claimants.filter(({ intent }) => host?.overHost.has(intent) !== true)
}

function refText({ host, container }: Claimant): string {
  return `${host} ${container}`
}
