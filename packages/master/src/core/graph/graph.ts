import type { ContainerId, HostId } from '@roadstead/shared/kernel/ids.ts'
import type { Container } from '@roadstead/shared/protocol/container.ts'
import type { Decision } from '@roadstead/shared/protocol/decision.ts'
import type { HostFacts, Network } from '@roadstead/shared/protocol/host.ts'
import type { Observation } from '@roadstead/shared/protocol/observation.ts'
import type { RunId } from '@roadstead/shared/protocol/run.ts'
import type { Stamp } from '@roadstead/shared/protocol/stamp.ts'
import type { RunFile } from '../runs/run-file.ts'

/**
 * The inventory: per host the last whole truth it told, and the decisions of the leader. Nothing else
 * is stored. Workloads, services, links and addresses are computed from it where they are asked for,
 * so the graph cannot contradict itself.
 *
 * Values are never changed in place: a fold returns another graph that shares what stayed the same,
 * and whoever holds the old one may go on reading it.
 */
export interface Graph {
  /** Every host whose snapshot has been folded at least once. */
  readonly hosts: ReadonlyMap<HostId, HostNode>
  /** What was said in a life of an agent whose snapshot has not come yet. */
  readonly waiting: ReadonlyMap<HostId, Waiting>
  /** By key in the control stream. */
  readonly decisions: ReadonlyMap<string, Decision>
  /** The claims among the decisions, by `RouteKey`; an index, kept by `fold`. */
  readonly claims: ReadonlyMap<RouteKey, Claim>
  /** The runs among the decisions, and what belongs to them; an index, too. */
  readonly runs: ReadonlyMap<RunId, RunFile>
  /** The drains among the decisions, by their keys; an index, too. */
  readonly drains: ReadonlyMap<string, Drain>
}

export interface HostNode extends HostGroup {
  readonly id: HostId
  /** The newest statement that is folded in. */
  readonly stamp: Stamp
  /** Every statement of this life up to here has been seen; less than `stamp.seq` when one is missing. */
  readonly seenThrough: number
  /** No statement is missing, and no newer life of the agent waits for its snapshot. */
  readonly synced: boolean
  /** Set while a statement is missing: what came after the hole, and the group without it. */
  readonly ahead?: Ahead
}

/** What one host looks like at one stamp. */
export interface HostGroup {
  readonly facts: HostFacts
  readonly networks: readonly Network[]
  readonly containers: ReadonlyMap<ContainerId, Container>
}

export interface Ahead {
  readonly base: HostGroup
  readonly deltas: ReadonlyMap<number, Observation>
}

export interface Waiting {
  readonly boot: number
  readonly deltas: ReadonlyMap<number, Observation>
}

export type Drain = Extract<Decision, { kind: 'drain' }>
export type Claim = Extract<Decision, { kind: 'claim' }>

/** As `routeKey` writes it. */
export type RouteKey = string

export const emptyGraph: Graph = {
  hosts: new Map(),
  waiting: new Map(),
  decisions: new Map(),
  claims: new Map(),
  runs: new Map(),
  drains: new Map(),
}
