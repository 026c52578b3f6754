import type { ContainerId, HostId } from '@roadstead/shared/kernel/ids.ts'
import type { ServiceKey } from '@roadstead/shared/protocol/route.ts'
import type { Verdict } from '@roadstead/shared/protocol/verdict.ts'
import type { RouteKey } from '../graph/graph.ts'
import type { Ask, DeriveSettings } from './ask.ts'
import type { RouteTable } from './table.ts'

/** What `derive` says about a whole graph. */
export interface Derivation {
  readonly table: RouteTable
  readonly verdicts: Verdicts
  readonly asks: Asks
  /** What it was derived with. */
  readonly settings: DeriveSettings
}

/** What containers ask for, and in which words; those that ask for nothing are not there. */
export type Asks = ReadonlyMap<
  HostId,
  { readonly asks: ReadonlyMap<ContainerId, Pick<Ask, 'reading'>> }
>

/** A verdict for each route that a container asked for, sorted by route, domain, path; by container. */
export type Verdicts = ReadonlyMap<HostId, ReadonlyMap<ContainerId, readonly Verdict[]>>

/** What a step of `deriveChange` may have changed. */
export interface TableChange {
  readonly services: ReadonlySet<ServiceKey>
  readonly routes: ReadonlySet<RouteKey>
  readonly containers: ReadonlyMap<HostId, ReadonlySet<ContainerId>>
}
