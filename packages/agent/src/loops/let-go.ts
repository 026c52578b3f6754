import type { Clock } from '@roadstead/shared/kernel/clock.ts'
import { ContainerId, type HostId } from '@roadstead/shared/kernel/ids.ts'
import type { Log } from '@roadstead/shared/kernel/log.ts'
import type { Container } from '@roadstead/shared/protocol/container.ts'
import type { News } from '@roadstead/shared/protocol/news.ts'
import type { LetGoReply, LetGoRequest, RunId } from '@roadstead/shared/protocol/run.ts'
import type { RequestHead } from '../core/http/head.ts'
import { beginHold, continueHold, type GaveUp } from '../core/let-go.ts'
import { mustAsk, type Touch, touchOf } from '../core/touch.ts'

/** The engine answers in a millisecond, unless it is busy with that very container. */
const IDENTIFY_MS = 1_000
const OVER_MS = 1_000

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
 * leads, the request goes on, and that is said in the log and in the news.
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
    let isOver = false
    return {
      released: async (signal) => {
        const container = await this.#containerOf(touch, signal)
        if (container === undefined || !mustAsk(container, touch) || signal.aborted) return
        asked = { hold: this.#deps.freshHold(), container, touch, gaveUp: undefined }
        await this.#untilLetGo(asked, signal)
      },
      over: () => {
        if (asked !== undefined && !isOver) void this.#sayOver(asked)
        isOver = true
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

  async #untilLetGo(asked: Asked, signal: AbortSignal): Promise<void> {
    const { bus, clock, limitMs } = this.#deps
    let [hold, step] = beginHold(limitMs, this.#held, clock.monoMs())
    this.#held += 1
    while (step.kind === 'ask') {
      await clock.sleep(step.afterMs, signal)
      if (signal.aborted) break
      const reply = await bus.askToLetGo(this.#request(asked, 'ask'), step.timeoutMs)
      if (signal.aborted) break
      ;[hold, step] = continueHold(hold, reply, clock.monoMs())
    }
    this.#held -= 1
    if (step.kind !== 'pass' || step.gaveUp === undefined) return
    asked.gaveUp = step.gaveUp
    this.#sayGaveUp(asked, step.gaveUp, clock.monoMs() - hold.sinceMs)
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
    const over = this.#request(asked, 'over')
    const reply = await this.#deps.bus.askToLetGo(over, OVER_MS)
    if (reply.kind === 'unreachable') await this.#deps.bus.askToLetGo(over, OVER_MS)
  }

  #request({ hold, container, touch, gaveUp }: Asked, phase: LetGoRequest['phase']): LetGoRequest {
    const { host } = this.#deps
    const { action } = touch
    return {
      v: 1,
      hold,
      host,
      container: container.id,
      action,
      phase,
      gaveUp: phase === 'over' && gaveUp !== undefined,
    }
  }
}

interface Asked {
  readonly hold: RunId
  readonly container: Container
  readonly touch: Touch
  gaveUp: GaveUp | undefined
}
