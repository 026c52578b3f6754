import { Bell } from '@roadstead/shared/kernel/bell.ts'
import type { ContainerId } from '@roadstead/shared/kernel/ids.ts'
import type { Container, Port } from '@roadstead/shared/protocol/container.ts'
import type { Heartbeat } from '@roadstead/shared/protocol/heartbeat.ts'
import type { Cause, Snapshot } from '@roadstead/shared/protocol/observation.ts'
import type { Stamp } from '@roadstead/shared/protocol/stamp.ts'
import { type StockKind, toImageId } from '@roadstead/shared/protocol/stock.ts'
import {
  accept,
  type Accepted,
  acceptedPorts,
  forgetAccepted,
  settleAccepted,
} from './core/accepted.ts'
import type { Ledger, Seen } from './core/ledger.ts'
import type { Outbox } from './core/outbox.ts'
import type { StockBook } from './core/stock/stock-book.ts'
import { withNetworkIds } from './core/network-ids.ts'
import { forgetStop, hintStop, isOfEarlierRun, settleStop, type Stopping } from './core/stopping.ts'

interface EngineStatus {
  readonly state: Heartbeat['engine']
  readonly since: string
  /** Why it does not answer. */
  readonly problem?: string
}

/** Images and volumes: told apart from all else, and later. */
export interface Stock {
  readonly book: StockBook
  /** Ring one to have that kind listed. */
  readonly asked: Readonly<Record<StockKind, Bell>>
  /** The first event since the last list. */
  readonly causes: Record<StockKind, Cause | undefined>
  /** Rings when there may be something to tell. */
  readonly changed: Bell
}

/**
 * The one mutable cell of the agent: what was said, what is known beyond the engine's own words, and
 * how the engine does. Everything that decides is a pure function in `core/`; this only holds what
 * they return, and passes on what has to be published.
 */
export class AgentState {
  /** Rings when there is something to publish. */
  readonly news = new Bell()
  /** Rings when the engine begins or ceases to answer, or fails in another way. */
  readonly engineNews = new Bell()
  readonly outbox: Outbox
  readonly stock: Stock
  /** Why the drain-aware socket is not served, while it is wanted. */
  socketProblem: string | undefined
  readonly #ledger: Ledger
  #stopping: Stopping = new Map()
  #accepted: Accepted = new Map()
  #engine: EngineStatus

  constructor(parts: { ledger: Ledger; outbox: Outbox; book: StockBook; startedAt: string }) {
    this.#ledger = parts.ledger
    this.outbox = parts.outbox
    const asked = { images: new Bell(), volumes: new Bell() }
    const causes = { images: undefined, volumes: undefined }
    this.stock = { book: parts.book, asked, causes, changed: new Bell() }
    this.#engine = { state: 'unreachable', since: parts.startedAt }
  }

  get isComplete(): boolean {
    return this.#ledger.isComplete
  }

  get stamp(): Stamp {
    return this.#ledger.stamp
  }

  get engine(): EngineStatus {
    return this.#engine
  }

  get knownIds(): Iterable<ContainerId> {
    return this.#ledger.containerById.keys()
  }

  get containerCount(): number {
    return this.#ledger.containerById.size
  }

  container(id: ContainerId): Container | undefined {
    return this.#ledger.containerById.get(id)
  }

  /** By full id or by the name that somebody may have used instead of it. */
  find(idOrName: string): Container | undefined {
    for (const container of this.#ledger.containerById.values()) {
      if (container.id === idOrName || container.name === idOrName) return container
    }
    return undefined
  }

  /** Ids of the images, or names of the volumes, that containers here use. */
  inUse(of: StockKind): ReadonlySet<string> {
    const containers = [...this.#ledger.containerById.values()]
    if (of === 'images') return new Set(containers.map(({ image }) => toImageId(image.id) ?? ''))
    const mounts = containers.flatMap((it) => it.mounts.filter(({ kind }) => kind === 'volume'))
    return new Set(mounts.map(({ source }) => source))
  }

  /** Has one kind listed. */
  askFor(of: StockKind, cause: Cause): void {
    this.stock.causes[of] ??= cause
    this.stock.asked[of].ring()
  }

  /** Has all stock listed: what happened to it while nobody listened is not known. */
  askForStock(): void {
    for (const bell of Object.values(this.stock.asked)) bell.ring()
  }

  /** What asked for the list that begins now; undefined when nothing but time did. */
  takeStockCause(of: StockKind): Cause | undefined {
    const cause = this.stock.causes[of]
    this.stock.causes[of] = undefined
    return cause
  }

  stateHash(): string {
    return this.#ledger.hash()
  }

  snapshot(cause: Cause): Snapshot | undefined {
    return this.#ledger.snapshot(cause)
  }

  /** Takes a look's result in, with what the agent knows beside it. */
  seeContainer(container: Container, cause: Cause, nowMs: number): void {
    const settled = settleStop(this.#stopping, container, nowMs)
    this.#stopping = settled.stopping
    this.#accepted = settleAccepted(this.#accepted, container)
    const accepting = [...acceptedPorts(this.#accepted, container.id, container.startedAt)]
    const placed = withNetworkIds(container, this.#ledger.networks)
    const known = { ...placed, stopping: settled.isStopping, accepting }
    this.tell({ kind: 'container', container: known, cause })
  }

  seeGone(id: ContainerId, cause: Cause): void {
    this.#stopping = forgetStop(this.#stopping, id)
    this.#accepted = forgetAccepted(this.#accepted, id)
    this.tell({ kind: 'gone', id, cause })
  }

  /** Ports answered in this run; says so if the container is still in it. */
  seeAccepting(id: ContainerId, run: string, ports: readonly Port[], cause: Cause): void {
    this.noteAccepting(id, run, ports)
    const known = this.container(id)
    if (known === undefined || known.startedAt !== run) return
    const accepting = [...acceptedPorts(this.#accepted, id, run)]
    this.tell({ kind: 'container', container: { ...known, accepting }, cause })
  }

  /** Keeps the ports for the next time the container is told, without telling it. */
  noteAccepting(id: ContainerId, run: string, ports: readonly Port[]): void {
    if (ports.length > 0) this.#accepted = accept(this.#accepted, id, run, ports)
  }

  acceptedPorts(id: ContainerId, run: string): readonly Port[] {
    return acceptedPorts(this.#accepted, id, run)
  }

  /**
   * Says at once that the container is about to die, or just has. The one thing that is told before a
   * look: the engine answers no inspection while it takes a container down, and by then it is too late.
   */
  seeStopping(id: ContainerId, cause: Cause & { timeNano: string }, nowMs: number): void {
    const known = this.container(id)
    if (isOfEarlierRun(cause.timeNano, known?.startedAt)) return
    this.#stopping = hintStop(this.#stopping, id, known, { timeNano: cause.timeNano, nowMs })
    if (known?.state !== 'running') return
    this.tell({ kind: 'container', container: { ...known, stopping: true }, cause })
  }

  noteEngine(state: EngineStatus['state'], at: string, problem?: string): void {
    const before = this.#engine
    const since = before.state === state ? before.since : at
    this.#engine = { state, since, ...(problem !== undefined && { problem }) }
    if (before.state !== state || before.problem !== problem) this.engineNews.ring()
  }

  tell(seen: Seen): void {
    const wasComplete = this.#ledger.isComplete
    const observation = this.#ledger.tell(seen)
    if (observation !== undefined) this.outbox.push(observation)
    if (observation !== undefined || this.#ledger.isComplete !== wasComplete) this.news.ring()
  }
}
