import { Bell } from '@roadstead/shared/kernel/bell.ts'
import type { Clock } from '@roadstead/shared/kernel/clock.ts'
import type { ContainerId } from '@roadstead/shared/kernel/ids.ts'
import type { Log } from '@roadstead/shared/kernel/log.ts'
import type { Container, Port } from '@roadstead/shared/protocol/container.ts'
import type { Cause } from '@roadstead/shared/protocol/observation.ts'
import type { ImageJson, InspectJson } from '../core/engine-json.ts'
import type { KeyedHash } from '../core/environment.ts'
import { type Look, LookSchedule, type Urgency } from '../core/look-schedule.ts'
import type { ReadinessPlan } from '../core/readiness.ts'
import { isOfEarlierRun, stoppingDeadlineMs } from '../core/stopping.ts'
import { toContainer } from '../core/to-container.ts'
import type { AgentState } from '../state.ts'

/**
 * More at a time makes no engine faster; fewer would let slow answers hold up the rest. An engine that
 * starts many containers at once is silent about each of them for as long as it works on it.
 */
const LOOKS_AT_ONCE = 24
/** A container whose look fails is left as it was and tried again: at once, then less and less. */
const RETRIES_MAX = 3
const RETRY_MS = 1_000

export interface Inspector {
  inspect(id: ContainerId, signal: AbortSignal): Promise<InspectJson | undefined>
  image(id: string, signal: AbortSignal): Promise<ImageJson | undefined>
}

/** Tries ports beside a look, so that the first statement may already say that they answer. */
export interface Readiness {
  /** What is to be tried; undefined when trying is not for us. */
  plan(container: Container): ReadinessPlan | undefined
  /** Resolves within 2 ms with the ports that accepted. */
  tryNow(plan: ReadinessPlan, signal: AbortSignal): Promise<readonly Port[]>
  /** Goes on trying in the background for as long as it makes sense. */
  consider(id: ContainerId, plan: ReadinessPlan | undefined): void
}

export interface LookDeps {
  readonly engine: Inspector
  readonly state: AgentState
  readonly readiness: Readiness
  readonly clock: Clock
  readonly log: Log
  readonly hash: KeyedHash
}

/**
 * Looks at containers, one look per container at a time, and tells what it sees. Callers only say
 * which container to look at and why; what is published is what the engine answers.
 */
export class Looker {
  readonly #deps: LookDeps
  readonly #signal: AbortSignal
  readonly #schedule = new LookSchedule()
  readonly #failuresById = new Map<ContainerId, number>()
  readonly #idle = new Bell()
  #underWay = 0
  /** Looks to come: they end with the signal. */
  readonly #later = new Set<Disposable>()
  #timer: Disposable | undefined

  /** @param signal ends every look; this looker does nothing more after it. */
  constructor(deps: LookDeps, signal: AbortSignal) {
    this.#deps = deps
    this.#signal = signal
    signal.addEventListener('abort', () => this.#forgetTimers(), { once: true })
  }

  request(look: Look, urgency: Urgency): void {
    this.#schedule.notice(look.id, look.cause, urgency, this.#deps.clock.monoMs())
    this.#pump()
  }

  /** Resolves when every one of these has been looked at, or has failed for now. */
  async settled(ids: readonly ContainerId[]): Promise<void> {
    let waiting = ids
    while (!this.#signal.aborted) {
      waiting = waiting.filter((id) => this.#schedule.isExpected(id))
      if (waiting.length === 0) return
      await this.#idle.rung(this.#signal)
    }
  }

  /** The last look at it failed: what is known of it is old, or nothing. */
  isFailing(id: ContainerId): boolean {
    return this.#failuresById.has(id)
  }

  #pump(): void {
    if (this.#signal.aborted) return
    const { clock } = this.#deps
    // Read once: what becomes due between two readings would be taken by neither.
    const nowMs = clock.monoMs()
    const room = LOOKS_AT_ONCE - this.#underWay
    for (const look of room > 0 ? this.#schedule.take(nowMs, room) : []) {
      this.#underWay += 1
      void this.#perform(look)
    }
    this.#timer?.[Symbol.dispose]()
    this.#timer = undefined
    const next = this.#schedule.nextDueMs(nowMs)
    if (next !== undefined) this.#timer = clock.after(next - nowMs, () => this.#pump())
  }

  /** Never rejects. */
  async #perform(look: Look): Promise<void> {
    try {
      await this.#look(look)
      this.#failuresById.delete(look.id)
    } catch (error) {
      this.#failed(look, error)
    } finally {
      this.#underWay -= 1
      this.#schedule.finish(look.id)
      this.#pump()
      this.#idle.ring()
    }
  }

  async #look({ id, cause: first }: Look): Promise<void> {
    const { engine, state, readiness, clock, hash } = this.#deps
    const inspect = await engine.inspect(id, this.#signal)
    // An engine answers only when it is done with the container: a look at its creation comes back
    // after its start. The event that came meanwhile is then what the answer is about.
    const meanwhile = this.#schedule.meanwhile(id)
    const cause = meanwhile ?? first
    if (inspect === undefined) {
      state.seeGone(id, cause)
      return
    }
    if (showsStart(inspect, meanwhile)) this.#schedule.relax(id, clock.monoMs())
    const image = await engine.image(inspect.Image, this.#signal)
    const seen = toContainer(inspect, image, hash)
    const plan = readiness.plan(seen)
    const container = withUntried(seen, plan?.untried ?? [])
    if (plan !== undefined) {
      state.noteAccepting(id, plan.run, await readiness.tryNow(plan, this.#signal))
    }
    if (this.#signal.aborted) return
    state.seeContainer(container, cause, clock.monoMs())
    readiness.consider(id, plan)
    this.#watchStop(container)
  }

  /** A container that outlives its stop signal says nothing when its grace is over. */
  #watchStop(container: Container): void {
    if (this.#deps.state.container(container.id)?.stopping !== true) return
    const cause = { action: 'grace-over', seenAtMs: this.#deps.clock.wallMs() }
    this.#lookLater(stoppingDeadlineMs(container.stopGraceMs), { id: container.id, cause })
  }

  #failed(look: Look, error: unknown): void {
    if (this.#signal.aborted) return
    const failures = (this.#failuresById.get(look.id) ?? 0) + 1
    this.#failuresById.set(look.id, failures)
    const { log } = this.#deps
    log.warn({ container: look.id, failures, err: error }, 'look failed, container left as it was')
    // After that it is the list's turn, which asks again for whatever is failing.
    if (failures <= RETRIES_MAX) this.#lookLater(RETRY_MS * (failures - 1), look)
  }

  #lookLater(ms: number, look: Look): void {
    const timer = this.#deps.clock.after(ms, () => {
      this.#later.delete(timer)
      this.request(look, 'listed')
    })
    this.#later.add(timer)
  }

  #forgetTimers(): void {
    for (const timer of this.#later) timer[Symbol.dispose]()
    this.#timer?.[Symbol.dispose]()
  }
}

function withUntried(container: Container, untried: readonly Port[]): Container {
  return untried.length === 0 ? container : { ...container, untried: [...untried] }
}

/** The run that a start event tells of: then a second look at once would see the same again. */
function showsStart({ State }: InspectJson, cause: Cause | undefined): boolean {
  if (cause?.action !== 'start' || cause.timeNano === undefined || !State.Running) return false
  return !isOfEarlierRun(cause.timeNano, State.StartedAt)
}
