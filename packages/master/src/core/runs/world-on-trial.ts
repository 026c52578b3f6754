import { sha256 } from '@roadstead/bus/sha256.ts'
import type { Container } from '@roadstead/shared/protocol/container.ts'
import {
  type LetGoReply,
  type LetGoRequest,
  type Run,
  RunId,
} from '@roadstead/shared/protocol/run.ts'
import {
  exampleContainer,
  exampleGone,
  exampleId,
  exampleSeen,
  exampleSnapshot,
  exampleStamp,
} from '../examples.ts'
import { fold, type FoldInput } from '../graph/fold.ts'
import { emptyGraph, type Graph } from '../graph/graph.ts'
import { deriveAll } from '../routes/derive.ts'
import { tableForEdge } from '../routes/edge-table.ts'
import { encodeTable } from '../routes/encode.ts'
import { defaultPolicy } from '../routes/policy.ts'
import { beginRun, type RunRequest } from './begin-run.ts'
import { carryOn } from './carry-on.ts'
import { type Behaviour, healthy, type Restarted } from './behaviour-on-trial.ts'
import { type Asked, heardHold } from './holds.ts'
import { answerLetGo } from './let-go.ts'
import { type CommandState, runLimits } from './outlook.ts'
import { EDGE_INSTANCE, type EdgeOnTrial, HOST, newEdge, statusOf } from './edge-on-trial.ts'
import { commandKey, refKey, runAt } from './refs.ts'
import { emptyRunMemory, type RunMemory, type RunScene } from './run-scene.ts'
import { writesOf } from './run-file.ts'
import { upkeep } from './upkeep.ts'

/** A site in miniature, on a clock of its own: everything that a leader's runs see and touch. */
export class WorldOnTrial {
  readonly behaviour: Behaviour
  nowMs = 1_000
  graph: Graph = emptyGraph
  memory: RunMemory = emptyRunMemory
  readonly commands = new Map<string, CommandState>()
  readonly asked = new Map<RunId, Asked>()
  readonly #due: { readonly atMs: number; readonly act: () => void }[] = []
  readonly #edges: EdgeOnTrial[]
  #seq = 0
  #derived: { readonly graph: Graph; readonly derivation: ReturnType<typeof deriveAll> } | undefined
  #epoch = 1
  /** Every restart that was asked for, and how the container was then. */
  readonly restarts: Restarted[] = []
  /** Writes and commands, counted from the start, after which a leader dies; ascending. */
  diesAfter: readonly number[] = []
  /** Commands that the record of a run speaks of, and that were never sent. */
  ordersLost = 0
  #acts = 0
  /** Fewest endpoints of the service that were seen at any moment. */
  drainsMax = 0
  readonly #outSince = new Map<string, number>()
  servingMin = Number.POSITIVE_INFINITY

  constructor(behaviour: Partial<Behaviour> = {}, changes: Partial<Container> = {}) {
    this.behaviour = { ...healthy, ...behaviour }
    const labels = { 'roadstead.host': 'shop.example.com', 'roadstead.service': 'shop' }
    const containers = Array.from({ length: this.behaviour.containers }, (_, index) =>
      exampleContainer(index + 1, { labels, ...changes }),
    )
    this.hear(exampleSnapshot(exampleStamp(HOST, (this.#seq += 1)), containers))
    this.#edges = Array.from({ length: this.behaviour.edges }, (_, index) => newEdge(index))
    this.#publish()
  }

  hear(input: FoldInput): void {
    this.graph = fold(this.graph, input).graph
  }

  see(container: Container): void {
    this.hear(exampleSeen(exampleStamp(HOST, (this.#seq += 1)), container))
  }

  gone(number: number): void {
    this.hear(exampleGone(exampleStamp(HOST, (this.#seq += 1)), exampleId(number)))
  }

  container(number: number): Container {
    const found = this.graph.hosts.get(HOST)?.containers.get(exampleId(number))
    if (found === undefined) throw new Error(`no container ${number}`)
    return found
  }

  get derived() {
    const { graph } = this
    if (this.#derived?.graph === graph) return this.#derived.derivation
    const derivation = deriveAll(graph, { policy: defaultPolicy, digest: sha256 })
    this.#derived = { graph, derivation }
    return derivation
  }

  get serving(): number {
    const { table } = this.derived
    return [...table.routes.values()][0]?.endpoints.length ?? 0
  }

  begin(request: RunRequest): Run {
    const begun = this.ask(request)
    if (begun.kind === 'refused') throw new Error(`${begun.code} ${JSON.stringify(begun.facts)}`)
    const { runs } = this.graph
    const written = [...begun.cancelled, begun.run]
    for (const write of written.flatMap((run) => writesOf(run, runs.get(run.id)))) this.hear(write)
    return begun.run
  }

  ask(request: RunRequest) {
    const { table, verdicts } = this.derived
    const id = RunId.parse(sha256(`run ${this.nowMs} ${this.graph.decisions.size}`).slice(0, 16))
    const who = { id, by: 'test', at: this.#at() }
    return beginRun(request, { graph: this.graph, table, verdicts }, who)
  }

  run(id: RunId): Run {
    const run = runAt(this.graph, id)
    if (run === undefined) throw new Error(`no run ${id}`)
    return run
  }

  /** From now on nobody hears of that edge. */
  silence(index: number): void {
    const edge = this.#edges[index]
    if (edge !== undefined) edge.silentSinceMs = this.nowMs
  }

  /** The question of an agent, and the answer that it gets now. */
  letGo(request: LetGoRequest): LetGoReply {
    const before = this.asked.get(request.hold)?.asking
    const asking = heardHold(before, request, this.nowMs)
    this.asked.set(request.hold, { request, asking })
    this.round()
    return answerLetGo(request, { graph: this.graph, ...this.derived, isKnown: () => true })
  }

  /** Another leader: it has the records, and nothing else. */
  changeLeader(): void {
    this.memory = emptyRunMemory
    this.commands.clear()
    this.asked.clear()
    this.#epoch += 1
    for (const edge of this.#edges) edge.desired = undefined
  }

  /** One round of the leader, who dies after as many acts as `diesAfter` says. False: nothing to do. */
  round(): boolean {
    const { memory, restarts, ...next } = carryOn(this.#scene(), this.memory)
    const { graph } = this
    const changes = [...next.changes, ...upkeep({ graph, at: this.#at(), isSettled: true })]
    const wanted = changes.length + restarts.length
    const [mortal = Number.POSITIVE_INFINITY] = this.diesAfter
    const isLast = this.#acts + wanted > mortal
    const acts = isLast ? mortal - this.#acts : wanted
    for (const change of changes.slice(0, acts)) this.hear(change)
    for (const order of restarts.slice(0, Math.max(0, acts - changes.length))) {
      this.#restart(order)
    }
    this.#publish()
    this.#acts += acts
    this.memory = memory
    if (isLast) {
      this.diesAfter = this.diesAfter.slice(1)
      if (acts >= changes.length) this.ordersLost += restarts.length - (acts - changes.length)
      this.changeLeader()
    }
    return wanted > 0
  }

  /** Lets time pass in steps, with rounds of the leader until it has nothing to do. */
  pass(ms: number, stepMs = 50): void {
    for (const endMs = this.nowMs + ms; this.nowMs < endMs; this.nowMs += stepMs) {
      for (const due of this.#due.filter(({ atMs }) => atMs <= this.nowMs)) {
        this.#due.splice(this.#due.indexOf(due), 1)
        due.act()
      }
      this.#publish()
      for (let rounds = 0; this.round(); rounds += 1) {
        if (rounds > ROUNDS_MAX) throw new Error('the leader never comes to rest')
      }
      for (const { container } of this.drains) {
        this.#outSince.set(container, this.#outSince.get(container) ?? this.nowMs)
      }
      this.drainsMax = Math.max(this.drainsMax, this.drains.length)
      this.servingMin = Math.min(this.servingMin, this.serving)
    }
  }

  /** Drains of runs. */
  get drains() {
    return [...this.graph.drains.values()].flatMap((drain) => {
      const { container, run } = drain
      return run === undefined || container === undefined ? [] : [{ ...drain, container }]
    })
  }

  #at(): string {
    return new Date(Date.UTC(2026, 0, 1) + this.nowMs).toISOString()
  }

  #restart({ ref, run }: ReturnType<typeof carryOn>['restarts'][number]): void {
    const { readyMs, reply, restartMs } = this.behaviour
    const { verdicts } = this.derived
    const own = verdicts.get(ref.host)?.get(ref.container) ?? []
    const isOut = own.every(({ reason }) => reason !== 'routed')
    const isQuiet = this.#edges.every(
      ({ quietText }) => quietText?.includes(ref.container) === false,
    )
    const outForMs = this.nowMs - (this.#outSince.get(ref.container) ?? this.nowMs)
    this.restarts.push({ ref: refKey(ref), atMs: this.nowMs, isOut, isQuiet, outForMs })
    const number = Number.parseInt(ref.container, 16)
    const key = commandKey(run, ref)
    this.commands.set(key, { kind: 'under-way' })
    this.#after(restartMs ?? 100, () => {
      if (reply !== undefined && this.commands.has(key)) this.commands.set(key, reply)
    })
    if (restartMs === undefined) return
    this.#after(restartMs, () => {
      this.see({ ...this.container(number), startedAt: this.#at(), accepting: [] })
      if (readyMs === undefined) return
      this.#after(readyMs, () => this.see({ ...this.container(number), accepting: [80] }))
    })
  }

  #after(ms: number, act: () => void): void {
    this.#due.push({ atMs: this.nowMs + ms, act })
  }

  /** Writes each edge's table when it differs, and lets the edge become quiet after a while. */
  #publish(): void {
    const { table } = this.derived
    const { quietAfterMs } = this.behaviour
    for (const edge of this.#edges) {
      const own = tableForEdge(table, this.graph, edge.facts)
      const { slices } = encodeTable(own, 1, sha256)
      const text = slices.map((slice) => slice.text)
      edge.own = { table: own, encoded: { slices } }
      if (edge.desired?.inline.join() === text.join()) continue
      edge.version += 1
      const stamp = { epoch: this.#epoch, version: edge.version }
      edge.desired = { ...stamp, slices: slices.map(({ hash }) => hash), inline: text }
      if (quietAfterMs !== undefined) {
        this.#after(quietAfterMs, () => {
          if (edge.silentSinceMs !== undefined) return
          edge.quiet = { ...stamp, instance: EDGE_INSTANCE }
          edge.quietText = text.join()
        })
      }
    }
  }

  #scene(): RunScene {
    const { table, verdicts } = this.derived
    const edges = this.#edges
    return {
      graph: this.graph,
      table,
      verdicts,
      edges: new Map(
        edges.map((edge) => [
          edge.facts.edge,
          { status: statusOf(edge), monoMs: edge.silentSinceMs ?? this.nowMs },
        ]),
      ),
      tables: new Map(edges.flatMap(({ facts, own }) => (own ? [[facts.edge, own] as const] : []))),
      desired: new Map(
        edges.flatMap(({ desired, facts }) => (desired ? [[facts.edge, desired] as const] : [])),
      ),
      nowMs: this.nowMs,
      at: this.#at(),
      limits: runLimits,
      asked: this.asked,
      commands: this.commands,
    }
  }
}

const ROUNDS_MAX = 50
