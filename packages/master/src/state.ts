import type { ContainerId, EdgeId, HostId, InstanceId } from '@roadstead/shared/kernel/ids.ts'
import type { EdgeStatus } from '@roadstead/shared/protocol/edge-status.ts'
import type { Cause } from '@roadstead/shared/protocol/observation.ts'
import { compareStamps } from '@roadstead/shared/protocol/stamp.ts'
import type { TableManifest } from '@roadstead/shared/protocol/table.ts'
import type { Heard } from './core/decide/hearing.ts'
import { type GraphChange, isNoChange, mergeChanges, noChange } from './core/graph/change.ts'
import { type FoldInput, foldAll } from './core/graph/fold.ts'
import { emptyGraph, type Graph, type RouteKey } from './core/graph/graph.ts'
import { isRemoved, removedHost } from './core/graph/removed.ts'
import type { StoredObject } from './core/objects/deliveries.ts'
import type { ObjectPlace } from './core/objects/kept-objects.ts'
import { Stock } from './core/graph/stock.ts'
import { concernsPolicy, policyOf } from './core/policy/policy-of.ts'
import type { DeriveSettings } from './core/routes/ask.ts'
import {
  type Derived,
  deriveChange,
  derivePolicy,
  type DeriveStep,
  nothingDerived,
} from './core/routes/derive-change.ts'
import { type Policy, policyText } from './core/routes/policy.ts'
import { type Mentioned, ObjectBook } from './object-book.ts'
import { EdgeTables, type EncodedEdgeTable } from './edge-tables.ts'

export interface HeardEdge {
  readonly status: EdgeStatus
  readonly monoMs: number
}

/** The cause of the oldest change that has not been looked at by the publisher yet. */
export interface PendingCause {
  readonly cause: Cause
  readonly masterMs: number
}

/** What can change, so that a listener looks only at what concerns it. */
export type StateTopic = 'graph' | 'edges' | 'hosts' | 'desired' | 'objects'

/**
 * The one mutable cell of a master. Loops put in what they heard, everybody reads what follows from
 * it; folding and deriving happen when somebody looks, so a burst costs one fold and one derive, and
 * a single change is folded the moment it is asked for.
 */
export class MasterState {
  readonly hearing = new Map<HostId, Heard>()
  readonly edges = new Map<EdgeId, HeardEdge>()
  /** The head of each edge's table as the control stream has it. */
  readonly desired = new Map<EdgeId, TableManifest>()
  /** The last head of each edge that could be read, also after somebody has overwritten it. */
  readonly headsRead = new Map<EdgeId, TableManifest>()
  /** What the control stream has of users and certificates, for each edge. */
  readonly objects = new ObjectBook()
  /** Images and volumes. Nothing follows from them, so nobody listens; whoever asks is told. */
  readonly stock = new Stock()
  #graph: Graph = emptyGraph
  #inputs: FoldInput[] = []
  #change: GraphChange = noChange
  #derived: Derived
  /** What holds where no policy document says otherwise. */
  readonly #base: DeriveSettings
  readonly #tables: EdgeTables
  #changedRoutes = new Set<RouteKey>()
  #changedContainers = new Map<HostId, Set<ContainerId>>()
  #cause: PendingCause | undefined
  /** Hosts that said something in this life of the master, before or after their first heartbeat. */
  readonly #spoke = new Set<HostId>()
  readonly #listeners = new Map<StateTopic, Set<() => void>>()

  constructor(settings: DeriveSettings) {
    this.#base = settings
    this.#derived = nothingDerived(settings)
    this.#tables = new EdgeTables(settings.digest)
  }

  /**
   * Something was heard; it is folded when somebody looks. With a cause it was said just now, so its
   * host is there.
   */
  hear(input: FoldInput, cause?: PendingCause): void {
    this.#inputs.push(input)
    if (cause !== undefined && 'stamp' in input) this.#spoke.add(input.stamp.host)
    this.#cause ??= cause
    if (this.#inputs.length >= INPUTS_MAX) this.#fold()
    this.#tell('graph')
  }

  get graph(): Graph {
    this.#fold()
    return this.#graph
  }

  get derived(): Derived {
    this.#fold()
    if (isNoChange(this.#change)) return this.#derived
    const { derived, change } = this.#derive(this.#change)
    this.#change = noChange
    this.#derived = derived
    this.#tables.touch(change.services)
    for (const key of change.routes) this.#changedRoutes.add(key)
    for (const [host, ids] of change.containers) this.#noteContainers(host, ids)
    return derived
  }

  /** As far as it is folded: whoever asks at each statement must not have it folded by itself. */
  get folded(): Graph {
    return this.#graph
  }

  /** As it is in force: what the document among the decisions says, over what is configured. */
  get policy(): Policy {
    return this.derived.settings.policy
  }

  /** What each edge that reports should have in force, by this master's own reckoning. */
  get tables(): ReadonlyMap<EdgeId, EncodedEdgeTable> {
    const { table } = this.derived
    return this.#tables.refresh(table, this.#graph, this.edges)
  }

  /** What set off the changes since the last call; whoever publishes them puts it on the table. */
  takeCause(): PendingCause | undefined {
    const cause = this.#cause
    this.#cause = undefined
    return cause
  }

  /** Routes that were derived anew since the last call. */
  takeChangedRoutes(): ReadonlySet<RouteKey> {
    const changed = this.#changedRoutes
    this.#changedRoutes = new Set()
    return changed
  }

  /** Containers whose asking, or what came of it, was derived anew since the last call. */
  takeChangedContainers(): ReadonlyMap<HostId, ReadonlySet<ContainerId>> {
    const changed = this.#changedContainers
    this.#changedContainers = new Map()
    return changed
  }

  hearHost(host: HostId, heard: Heard): void {
    if (isRemoved(this.#graph.decisions, host)) return
    this.hearing.set(host, heard)
    this.#tell('hosts')
  }

  hearEdge(edge: EdgeId, heard: HeardEdge): void {
    this.edges.set(edge, heard)
    this.#tell('edges')
  }

  setDesired(edge: EdgeId, manifest: TableManifest | undefined): void {
    if (manifest === undefined) this.desired.delete(edge)
    else {
      this.desired.set(edge, manifest)
      this.headsRead.set(edge, manifest)
    }
    this.#tell('desired')
  }

  /** A sealed text for an edge is stored, or (`undefined`) there is none that anybody understands. */
  setStored(edge: EdgeId, place: ObjectPlace, stored: StoredObject | undefined): void {
    if (stored === undefined) this.objects.drop(edge, place)
    else this.objects.put(edge, stored)
    this.#tell('objects')
  }

  /** What the head of an edge's table says of objects. */
  mentionedTo(edge: EdgeId): Mentioned {
    return this.objects.mentionedTo(edge, this.graph.decisions)
  }

  /** The host has spoken in this life of the master, and all it said is folded. */
  isHeard(host: HostId): boolean {
    const node = this.graph.hosts.get(host)
    if (node === undefined || !node.synced) return false
    const heard = this.hearing.get(host)
    if (heard === undefined) return this.#spoke.has(host)
    return compareStamps(node.stamp, heard.beat.stamp) >= 0
  }

  /** Hosts that beat, and have not told all that is on them: about to, and not gone. */
  awaited(): ReadonlySet<HostId> {
    const { hosts } = this.graph
    return new Set([...this.hearing.keys()].filter((host) => hosts.get(host)?.synced !== true))
  }

  /** The edge has routes in force. */
  servesAnything(edge: EdgeId): boolean {
    return (this.edges.get(edge)?.status.inForce?.routes ?? 0) > 0
  }

  /** What edges know of epochs: a claim has to go above, also when the bus has forgotten all. */
  epochFloors(instance: InstanceId): { acceptedMax: number; contestedMax: number } {
    const floors = { acceptedMax: 0, contestedMax: 0 }
    for (const { status } of this.edges.values()) {
      const { outcome, epochMax } = status
      floors.acceptedMax = Math.max(floors.acceptedMax, epochMax)
      if (outcome.kind !== 'refused' || outcome.reason !== 'second-instance') continue
      if (outcome.offered.instance !== instance) continue
      floors.contestedMax = Math.max(floors.contestedMax, outcome.offered.epoch)
    }
    return floors
  }

  /** Calls `listener` after every change of one of these; it says *look*, not what happened. */
  subscribe(topics: readonly StateTopic[], listener: () => void): Disposable {
    for (const topic of topics) {
      const known = this.#listeners.get(topic) ?? new Set()
      this.#listeners.set(topic, known.add(listener))
    }
    return {
      [Symbol.dispose]: () => {
        for (const topic of topics) this.#listeners.get(topic)?.delete(listener)
      },
    }
  }

  #fold(): void {
    if (this.#inputs.length === 0) return
    const inputs = this.#inputs
    this.#inputs = []
    const { graph, change } = foldAll(this.#graph, inputs)
    this.#graph = graph
    this.#change = mergeChanges(this.#change, change)
    for (const key of change.decisions) {
      const removed = removedHost(graph.decisions.get(key))
      if (removed !== undefined) this.hearing.delete(removed)
    }
  }

  #derive(change: GraphChange): DeriveStep {
    const before = this.#derived
    if (!concernsPolicy(change.decisions)) return deriveChange(before, this.#graph, change)
    const policy = policyOf(this.#graph, this.#base.policy)
    // Somebody joined whom the policy does not name: nothing is read in another way.
    const isSame = policyText(policy) === policyText(before.settings.policy)
    if (isSame) return deriveChange(before, this.#graph, change)
    return derivePolicy(before, this.#graph, { ...this.#base, policy })
  }

  #noteContainers(host: HostId, ids: Iterable<ContainerId>): void {
    const known = this.#changedContainers.get(host) ?? new Set()
    for (const id of ids) known.add(id)
    this.#changedContainers.set(host, known)
  }

  #tell(topic: StateTopic): void {
    for (const listener of this.#listeners.get(topic) ?? []) listener()
  }
}

/** Folded in one go at most; a master that starts hears a day of them in a row. */
const INPUTS_MAX = 1_024
