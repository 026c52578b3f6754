import type { ContainerId, HostId } from '@roadstead/shared/kernel/ids.ts'
import type { Decision } from '@roadstead/shared/protocol/decision.ts'
import { routeKey } from '@roadstead/shared/protocol/route-key.ts'
import type { Observation, Snapshot } from '@roadstead/shared/protocol/observation.ts'
import type { RunId } from '@roadstead/shared/protocol/run.ts'
import { isOfRun, refile, type RunDecision, type RunFile, runIdOf } from '../runs/run-file.ts'
import { type GraphChange, isNoChange, noChange } from './change.ts'
import { isRemoved, removedHost } from './removed.ts'
import { foldDelta, foldSnapshot, type Told } from './fold-host.ts'
import type { Claim, Drain, Graph, HostGroup, HostNode, RouteKey, Waiting } from './graph.ts'
import { OwnMaps } from './host-group.ts'

/** A decision was written under its key, or (`undefined`) its key was deleted. */
export interface DecisionChange {
  readonly kind: 'decision'
  readonly key: string
  readonly decision: Decision | undefined
}

export type FoldInput = Observation | Snapshot | DecisionChange

export interface Folded {
  readonly graph: Graph
  readonly change: GraphChange
}

/**
 * Folds what was heard into the graph (I2).
 *
 * Statements of hosts may come twice, late and in any order, within a host and between hosts: the
 * graph depends on which were heard and on nothing else. Decisions are ordered by the control stream,
 * so here the last one folded wins. When nothing changed, the same graph object comes back. Of a host
 * that was removed nothing is kept, whatever was heard of it before or is heard later.
 */
export function fold(graph: Graph, input: FoldInput): Folded {
  return foldAll(graph, [input])
}

/** The same for many at once: each map is copied and compared once, not once per input. */
export function foldAll(graph: Graph, inputs: Iterable<FoldInput>): Folded {
  const draft = new Draft(graph)
  for (const input of inputs) {
    switch (input.kind) {
      case 'decision':
        draft.decide(input)
        break
      case 'snapshot':
        draft.tell(input.stamp.host, (told) => foldSnapshot(told, input))
        break
      default:
        draft.tell(input.stamp.host, (told, own) => foldDelta(told, input, own))
    }
  }
  return draft.finish()
}

/** Copies a map of the graph when it is first written to, and notes what was touched. */
class Draft {
  readonly #before: Graph
  #hosts: Map<HostId, HostNode> | undefined
  #waiting: Map<HostId, Waiting> | undefined
  #decisions: Map<string, Decision> | undefined
  #claims: Map<RouteKey, Claim> | undefined
  #runs: Map<RunId, RunFile> | undefined
  #drains: Map<string, Drain> | undefined
  readonly #own = new OwnMaps()
  readonly #touchedHosts = new Set<HostId>()
  readonly #touchedContainers = new Map<HostId, Set<ContainerId>>()
  readonly #touchedClaims = new Set<RouteKey>()
  readonly #touchedDecisions = new Set<string>()
  /** Hosts that said something new; what, is looked at in the end. */
  readonly #told = new Set<HostId>()

  constructor(graph: Graph) {
    this.#before = graph
  }

  tell(host: HostId, foldHost: (told: Told, own: OwnMaps) => Told): void {
    if (isRemoved(this.#decisions ?? this.#before.decisions, host)) return
    const before: Told = {
      node: (this.#hosts ?? this.#before.hosts).get(host),
      waiting: (this.#waiting ?? this.#before.waiting).get(host),
    }
    const after = foldHost(before, this.#own)
    if (after.node !== undefined && after.node !== before.node) {
      this.#hosts ??= new Map(this.#before.hosts)
      this.#hosts.set(host, after.node)
      this.#told.add(host)
    }
    if (after.waiting === before.waiting) return
    this.#waiting ??= new Map(this.#before.waiting)
    if (after.waiting === undefined) this.#waiting.delete(host)
    else this.#waiting.set(host, after.waiting)
  }

  decide({ key, decision }: DecisionChange): void {
    const before = (this.#decisions ?? this.#before.decisions).get(key)
    if (before === decision) return
    this.#decisions ??= new Map(this.#before.decisions)
    if (decision === undefined) this.#decisions.delete(key)
    else this.#decisions.set(key, decision)
    for (const each of [before, decision]) {
      if (each?.kind === 'claim') this.#claim(each, decision)
      if (each?.kind === 'presence') this.#touchedHosts.add(each.host)
      if (each?.kind === 'drain') this.#touchNamed(each.host, each.container)
      if (each?.kind === 'flapping') this.#touchNamed(each.host, each.container)
    }
    this.#file(before, decision)
    const removed = removedHost(decision)
    if (removed !== undefined) this.#remove(removed)
    if (before?.kind === 'drain' || decision?.kind === 'drain') {
      this.#drains ??= new Map(this.#before.drains)
      if (decision?.kind === 'drain') this.#drains.set(key, decision)
      else this.#drains.delete(key)
    }
    this.#touchedDecisions.add(key)
  }

  finish(): Folded {
    for (const host of this.#told) {
      const after = this.#hosts?.get(host)
      if (after !== undefined) this.#touch(host, this.#before.hosts.get(host), after)
    }
    const change: GraphChange = {
      hosts: this.#touchedHosts,
      containers: this.#touchedContainers,
      claims: this.#touchedClaims,
      decisions: this.#touchedDecisions,
    }
    if ([this.#hosts, this.#waiting, this.#decisions].every((map) => map === undefined)) {
      return { graph: this.#before, change: noChange }
    }
    const graph: Graph = {
      hosts: this.#hosts ?? this.#before.hosts,
      waiting: this.#waiting ?? this.#before.waiting,
      decisions: this.#decisions ?? this.#before.decisions,
      claims: this.#claims ?? this.#before.claims,
      runs: this.#runs ?? this.#before.runs,
      drains: this.#drains ?? this.#before.drains,
    }
    return { graph, change: isNoChange(change) ? noChange : change }
  }

  #remove(host: HostId): void {
    this.#told.delete(host)
    if ((this.#waiting ?? this.#before.waiting).has(host)) {
      this.#waiting ??= new Map(this.#before.waiting)
      this.#waiting.delete(host)
    }
    if (!(this.#hosts ?? this.#before.hosts).has(host)) return
    this.#hosts ??= new Map(this.#before.hosts)
    this.#hosts.delete(host)
    this.#touchedHosts.add(host)
    for (const id of this.#before.hosts.get(host)?.containers.keys() ?? []) {
      this.#containersOf(host).add(id)
    }
  }

  #claim(claim: Claim, now: Decision | undefined): void {
    const key = routeKey(claim)
    this.#claims ??= new Map(this.#before.claims)
    if (now === claim) this.#claims.set(key, claim)
    else this.#claims.delete(key)
    this.#touchedClaims.add(key)
  }

  #file(before: Decision | undefined, now: Decision | undefined): void {
    const gone = isOfRun(before) ? before : undefined
    const come = isOfRun(now) ? now : undefined
    const id = gone && runIdOf(gone)
    const isSame = come !== undefined && runIdOf(come) === id
    if (id !== undefined) this.#refile(id, gone, isSame ? come : undefined)
    if (come !== undefined && !isSame) this.#refile(runIdOf(come), undefined, come)
  }

  #refile(id: RunId, gone: RunDecision | undefined, now: RunDecision | undefined): void {
    this.#runs ??= new Map(this.#before.runs)
    const file = refile(this.#runs.get(id), gone, now)
    if (file === undefined) this.#runs.delete(id)
    else this.#runs.set(id, file)
  }

  #touchNamed(host: HostId, container: ContainerId | undefined): void {
    if (container === undefined) this.#touchedHosts.add(host)
    else this.#containersOf(host).add(container)
  }

  #touch(host: HostId, before: HostGroup | undefined, after: HostGroup): void {
    if (before?.facts !== after.facts || before.networks !== after.networks) {
      this.#touchedHosts.add(host)
    }
    if (before?.containers === after.containers) return
    for (const [id, container] of after.containers) {
      if (before?.containers.get(id) !== container) this.#containersOf(host).add(id)
    }
    for (const id of before?.containers.keys() ?? []) {
      if (!after.containers.has(id)) this.#containersOf(host).add(id)
    }
  }

  #containersOf(host: HostId): Set<ContainerId> {
    const known = this.#touchedContainers.get(host)
    if (known !== undefined) return known
    const fresh = new Set<ContainerId>()
    this.#touchedContainers.set(host, fresh)
    return fresh
  }
}
