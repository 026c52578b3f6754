import type { Clock } from '@roadstead/shared/kernel/clock.ts'
import { ContainerId, type HostId } from '@roadstead/shared/kernel/ids.ts'
import type { Log } from '@roadstead/shared/kernel/log.ts'
import type { Container } from '@roadstead/shared/protocol/container.ts'
import type { News } from '@roadstead/shared/protocol/news.ts'
import type { LetGoReply, LetGoRequest, RunId } from '@roadstead/shared/protocol/run.ts'
import type { RequestHead } from '../core/http/head.ts'
import { beginHold, continueHold, type GaveUp, leftMs } from '../core/let-go.ts'
import { mustAsk, type Touch, touchOf } from '../core/touch.ts'

/** The engine answers in a millisecond, unless it is busy with that very container. */
const IDENTIFY_MS = 1_000
const OVER_MS = 1_000
/** While the engine is at it, the leader hears so three times before it would stop believing it. */
const AT_IT_MS = 10_000
/** Ten minutes: an engine that takes longer has been asked for a grace that nobody waits for. */
const AT_IT_TIMES_MAX = 60

export interface LetGoDeps {
  readonly bus: {
    askToLetGo(
      request: LetGoRequest,
      timeoutMs: number,
    ): Promise<LetGoReply | { readonly kind: 'unreachable' }>
  }
  /** Which container the engine means by a name or prefix; undefined when it means none. */
  readonly engine: {
    identify(reference: string, signal: AbortSignal): Promise<ContainerId | undefined>
  }
  readonly state: {
    container(id: ContainerId): Container | undefined
    find(idOrName: string): Container | undefined
    tell(seen: { readonly kind: 'news'; readonly news: News }): void
  }
  readonly host: HostId
  /** 16 hexadecimal digits from the operating system. */
  readonly freshHold: () => RunId
  /** The longest that a request is held; with 0 none is. */
  readonly limitMs: number
  readonly clock: Clock
  readonly log: Log
}

/** One request that may have to wait. */
export interface Held {
  /** Resolves when the request may go on to the engine, or when `signal` aborts. Never rejects. */
  released(signal: AbortSignal): Promise<void>
  /** The engine has answered, or the client is gone: whatever was held is over. */
  over(): void
}

/**
 * Holds requests that would end a routed container until the leader lets it go: until every edge has
 * taken it out and nothing is in flight to it. Nothing here is for ever: at the limit, or when nobody
 * leads, the request goes on, and that is said in the log, in the news and to the leader.
 */
export class LetGo {
  readonly #deps: LetGoDeps
  #held = 0

  constructor(deps: LetGoDeps) {
    this.#deps = deps
  }

  /** Undefined for all requests that end no container: they go on at once. */
  consider(head: RequestHead): Held | undefined {
    const touch = this.#deps.limitMs === 0 ? undefined : touchOf(head)
    if (touch === undefined) return undefined
    let asked: Asked | undefined
    const end = new AbortController()
    return {
      released: async (signal) => {
        const container = await this.#containerOf(touch, signal)
        if (container === undefined || !mustAsk(container, touch) || signal.aborted) return
        asked = { hold: this.#deps.freshHold(), container, touch, gaveUp: undefined }
        const isAwaited = await this.#untilLetGo(asked, signal)
        if (isAwaited) void this.#sayAtIt(asked, AbortSignal.any([signal, end.signal]))
      },
      over: () => {
        if (asked !== undefined && !end.signal.aborted) void this.#sayOver(asked)
        end.abort()
      },
    }
  }

  /** Asked anew each time, since a name can have moved to another container a moment ago. */
  async #containerOf({ reference }: Touch, signal: AbortSignal): Promise<Container | undefined> {
    const { engine, state, log } = this.#deps
    const id = ContainerId.safeParse(reference).data
    if (id !== undefined) return state.container(id)
    try {
      const limit = AbortSignal.any([signal, AbortSignal.timeout(IDENTIFY_MS)])
      const meant = await engine.identify(reference, limit)
      return meant === undefined ? undefined : state.container(meant)
    } catch (error) {
      log.debug({ err: error }, 'engine does not say who is meant, taking what is known')
      return state.find(reference)
    }
  }

  /** True when the leader may have a run for it, which waits for the end of it. */
  async #untilLetGo(asked: Asked, signal: AbortSignal): Promise<boolean> {
    const { bus, clock, limitMs } = this.#deps
    let [hold, step] = beginHold(limitMs, this.#held, clock.monoMs())
    let isRouted = true
    this.#held += 1
    while (step.kind === 'ask') {
      await clock.sleep(step.afterMs, signal)
      if (signal.aborted) break
      const request = this.#request(asked, 'ask', leftMs(hold, clock.monoMs()))
      const reply = await bus.askToLetGo(request, step.timeoutMs)
      if (signal.aborted) break
      isRouted = reply.kind !== 'go' || reply.why !== 'not-routed'
      ;[hold, step] = continueHold(hold, reply, clock.monoMs())
    }
    this.#held -= 1
    if (step.kind !== 'pass') return false
    if (step.gaveUp === undefined) return isRouted
    asked.gaveUp = step.gaveUp
    this.#sayGaveUp(asked, step.gaveUp, clock.monoMs() - hold.sinceMs)
    if (step.gaveUp === 'too-many') return false
    // Before the engine hears of it: else the leader could take what is cut off for quiet.
    void bus.askToLetGo(this.#request(asked, 'ask', 0), OVER_MS)
    return true
  }

  /** A grace may be long: as long as the engine is at it, the container stays out of routing. */
  async #sayAtIt(asked: Asked, signal: AbortSignal): Promise<void> {
    const { bus, clock } = this.#deps
    for (let times = 0; times < AT_IT_TIMES_MAX; times += 1) {
      await clock.sleep(AT_IT_MS, signal)
      if (signal.aborted) return
      await bus.askToLetGo(this.#request(asked, 'ask', 0), OVER_MS)
    }
  }

  #sayGaveUp({ container, touch }: Asked, why: GaveUp, heldMs: number): void {
    const { clock, log, state } = this.#deps
    const { action } = touch
    const afterMs = Math.round(heldMs)
    log.warn({ container: container.id, action, why, afterMs }, 'container not let go, passed on')
    const news: News = {
      type: 'agent',
      action: 'passed-on',
      id: container.id,
      name: container.name,
      timeNano: `${Math.floor(clock.wallMs())}000000`,
      attributes: { action, why, afterMs: String(afterMs) },
    }
    state.tell({ kind: 'news', news })
  }

  /** Once more when it is lost, and not for ever: a run that nobody ends has a limit of its own. */
  async #sayOver(asked: Asked): Promise<void> {
    const over = this.#request(asked, 'over', 0)
    const reply = await this.#deps.bus.askToLetGo(over, OVER_MS)
    if (reply.kind === 'unreachable') await this.#deps.bus.askToLetGo(over, OVER_MS)
  }

  #request(
    { hold, container, touch, gaveUp }: Asked,
    phase: LetGoRequest['phase'],
    left: number,
  ): LetGoRequest {
    const { host } = this.#deps
    const { action } = touch
    return {
      v: 1,
      hold,
      host,
      container: container.id,
      action,
      phase,
      leftMs: left,
      gaveUp: gaveUp !== undefined,
    }
  }
}

interface Asked {
  readonly hold: RunId
  readonly container: Container
  readonly touch: Touch
  gaveUp: GaveUp | undefined
}
