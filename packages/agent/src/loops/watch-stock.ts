import { type Backoff, backoff } from '@roadstead/shared/kernel/backoff.ts'
import type { Clock } from '@roadstead/shared/kernel/clock.ts'
import { unreachable } from '@roadstead/shared/kernel/invariant.ts'
import type { Log } from '@roadstead/shared/kernel/log.ts'
import { jitter, type Random } from '@roadstead/shared/kernel/random.ts'
import { RoadsteadError } from '@roadstead/shared/kernel/roadstead-error.ts'
import type { Cause } from '@roadstead/shared/protocol/observation.ts'
import type { StockKind } from '@roadstead/shared/protocol/stock.ts'
import { EMPTY_LIST_CONFIRM_MS, type EmptyListGuard, judgeList } from '../core/empty-list.ts'
import type {
  HistoryJson,
  ImageContentJson,
  ListedImageJson,
  VolumeJson,
} from '../core/stock/stock-json.ts'
import {
  chooseImages,
  chooseVolumes,
  type ImageContent,
  toImage,
  toImageContent,
  toVolume,
  UNKNOWN_CONTENT,
} from '../core/stock/to-stock.ts'
import type { AgentState } from '../state.ts'

/** Events tell of nearly all changes; this finds the rest, such as a build that names nothing. */
const LIST_EVERY_MS = 600_000
const LIST_JITTER = 0.2
/** One `docker pull` or `compose down -v` is several events. */
const JOIN_MS = 300
/** Of the engine's time, a list may take one part in so many. */
const COST_SHARE = 20
const GAP_MS_MAX = 60_000
const RETRY = { firstMs: 1_000, maxMs: 60_000 }
/** Containers come first: while they have not been listed, this waits. */
const AWAIT_CONTAINERS_MS = 250
/** Between the questions about new images, so that looks at containers never queue behind them. */
const REST_MS = 5

export interface StockEngine {
  images(signal: AbortSignal): Promise<ListedImageJson[]>
  /** Undefined when the engine has it no more. */
  imageContent(id: string, signal: AbortSignal): Promise<ImageContentJson | undefined>
  imageHistory(id: string, signal: AbortSignal): Promise<HistoryJson[] | undefined>
  volumes(signal: AbortSignal): Promise<VolumeJson[]>
}

export interface WatchStockDeps {
  readonly engine: StockEngine
  readonly state: Pick<AgentState, 'isComplete' | 'engine' | 'stock' | 'inUse' | 'takeStockCause'>
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
}

/**
 * Keeps one kind of stock in the book equal to the engine's, for ever. An event only asks for another
 * list. A list that fails is unknown and changes nothing, and an empty one that contradicts what is
 * known, or that is the first, has to be repeated.
 */
export async function watchStock(
  deps: WatchStockDeps,
  of: StockKind,
  signal: AbortSignal,
): Promise<void> {
  const { clock, random, state } = deps
  const lister = new Lister(deps, of)
  const asked = state.stock.asked[of]
  while (!signal.aborted) {
    const startedAtMs = clock.monoMs()
    const againInMs = (await lister.list(signal)) ?? jitter(LIST_EVERY_MS, LIST_JITTER, random)
    const gapMs = Math.min((clock.monoMs() - startedAtMs) * COST_SHARE, GAP_MS_MAX)
    await clock.sleep(Math.min(gapMs, againInMs), signal)
    using _due = clock.after(againInMs, () => asked.ring())
    await asked.rung(signal)
    await clock.sleep(JOIN_MS, signal)
  }
}

/** One list after another, and what is kept from each to the next. */
class Lister {
  readonly #deps: WatchStockDeps
  readonly #of: StockKind
  readonly #retry: Backoff
  /** An image never changes, so each is asked about once. */
  #contentById = new Map<string, ImageContent>()
  #guard: EmptyListGuard = { emptySinceMs: undefined }
  #isReported = false

  constructor(deps: WatchStockDeps, of: StockKind) {
    this.#deps = deps
    this.#of = of
    this.#retry = backoff(RETRY, deps.random)
  }

  /** How soon to list again if this list proved nothing; undefined when all is well. */
  async list(signal: AbortSignal): Promise<number | undefined> {
    const { log, state } = this.#deps
    if (!state.isComplete || state.engine.state === 'unreachable') return AWAIT_CONTAINERS_MS
    const nowMs = this.#deps.clock.wallMs()
    const cause = state.takeStockCause(this.#of) ?? { action: 'list', seenAtMs: nowMs }
    try {
      const againInMs = await this.#listNow(cause, signal)
      this.#retry.reset()
      this.#isReported = false
      return againInMs
    } catch (error) {
      if (!(error instanceof RoadsteadError)) throw error
      const of = this.#of
      if (!this.#isReported && !signal.aborted) log.warn({ err: error, of }, 'stock not listed')
      this.#isReported = true
      return this.#retry.nextMs()
    }
  }

  async #listNow(cause: Cause, signal: AbortSignal): Promise<number | undefined> {
    switch (this.#of) {
      case 'images':
        return this.#listImages(cause, signal)
      case 'volumes':
        return this.#listVolumes(cause, signal)
      default:
        return unreachable(this.#of)
    }
  }

  async #listImages(cause: Cause, signal: AbortSignal): Promise<number | undefined> {
    const { engine, state } = this.#deps
    const listed = await engine.images(signal)
    if (!this.#isBelieved(listed.length)) return EMPTY_LIST_CONFIRM_MS
    const bare = listed.map((it) => toImage(it, UNKNOWN_CONTENT))
    const readable = bare.flatMap((it) => it ?? [])
    const chosen = new Set(chooseImages(readable, state.inUse('images')).map(({ id }) => id))
    await this.#learn(chosen, signal)
    if (signal.aborted) return undefined
    const isTold = (at: number): boolean => chosen.has(bare[at]?.id ?? '')
    const images = listed.flatMap((it, at) => {
      const content = this.#contentById.get(bare[at]?.id ?? '') ?? UNKNOWN_CONTENT
      return isTold(at) ? (toImage(it, content) ?? []) : []
    })
    const untold = listed.filter((_, at) => !isTold(at)).map(({ Id }) => Id)
    state.stock.book.seeImages(images, untold, cause)
    state.stock.changed.ring()
    return undefined
  }

  async #listVolumes(cause: Cause, signal: AbortSignal): Promise<number | undefined> {
    const { engine, state } = this.#deps
    const listed = await engine.volumes(signal)
    if (!this.#isBelieved(listed.length)) return EMPTY_LIST_CONFIRM_MS
    const readable = listed.flatMap((it) => toVolume(it) ?? [])
    const volumes = chooseVolumes(readable, state.inUse('volumes'))
    const told = new Set(volumes.map(({ name }) => name))
    const untold = listed.map(({ Name }) => Name).filter((name) => !told.has(name))
    state.stock.book.seeVolumes(volumes, untold, cause)
    state.stock.changed.ring()
    return undefined
  }

  #isBelieved(count: number): boolean {
    const { clock, log, state } = this.#deps
    // A first list that is empty contradicts what may have been there in the life before.
    const known = state.stock.book.count(this.#of) ?? 1
    const [guard, answer] = judgeList(this.#guard, count, known, clock.monoMs())
    this.#guard = guard
    if (answer === 'unknown') log.debug({ of: this.#of, known }, 'empty list, asking again')
    return answer === 'believed'
  }

  /** Asks about images that are new here, one after another, and forgets those that are gone. */
  async #learn(ids: ReadonlySet<string>, signal: AbortSignal): Promise<void> {
    const { clock } = this.#deps
    this.#contentById = new Map([...this.#contentById].filter(([id]) => ids.has(id)))
    for (const id of ids) {
      if (signal.aborted || this.#contentById.has(id)) continue
      const content = await this.#contentOf(id, signal)
      if (content !== undefined) this.#contentById.set(id, content)
      await clock.sleep(REST_MS, signal)
    }
  }

  /** Undefined when the engine answers, but not about this one: it must not hide all others. */
  async #contentOf(id: string, signal: AbortSignal): Promise<ImageContent | undefined> {
    const { engine, log } = this.#deps
    try {
      const json = await engine.imageContent(id, signal)
      if (json === undefined) return undefined
      return toImageContent(json, (await engine.imageHistory(id, signal)) ?? [])
    } catch (error) {
      if (!(error instanceof RoadsteadError) || error.code !== 'engine-answer') throw error
      log.debug({ err: error, image: id }, 'image cannot be inspected')
      return undefined
    }
  }
}
