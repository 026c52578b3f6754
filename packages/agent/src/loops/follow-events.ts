import type { Clock } from '@roadstead/shared/kernel/clock.ts'
import { unreachable } from '@roadstead/shared/kernel/invariant.ts'
import type { Log } from '@roadstead/shared/kernel/log.ts'
import { RoadsteadError } from '@roadstead/shared/kernel/roadstead-error.ts'
import type { News } from '@roadstead/shared/protocol/news.ts'
import { actionName, classify } from '../core/classify.ts'
import type { EventJson } from '../core/engine-json.ts'
import { parseEvent } from '../core/event-text.ts'
import { admitNews, freshBudget, newsOfMissed, toNews } from '../core/news.ts'
import type { AgentState } from '../state.ts'
import type { ListState } from './list-everything.ts'
import type { Looker } from './look.ts'

/** Networks change in bursts, since each container of a project joins one. */
const HOST_JOIN_MS = 100
/** News are for people, and people have time. */
const NEWS_LATER_MS = 50

/** Half a second of the fastest engine: to look at each would take longer than to list all. */
const LINES_AT_ONCE_MAX = 5_000
/** Lets whoever shares the processor have most of it. */
const FLOOD_PAUSE_MS = 250
const FLOOD_SAID_EVERY_MS = 10_000

interface ArrivedLine {
  readonly text: string
  readonly arrivedAtMs: number
}

/** The event stream, read ahead of us: it never waits for whoever follows it. */
export interface EventFeed {
  readonly ended: boolean
  /** Resolves when something came since the last `drain`, or the stream ended. */
  arrival(signal: AbortSignal): Promise<void>
  drain(): { readonly lines: readonly ArrivedLine[]; readonly overflowed: boolean }
}

export interface FollowDeps {
  readonly lines: EventFeed
  readonly looker: Looker
  readonly state: AgentState
  readonly list: ListState
  readonly clock: Clock
  readonly log: Log
  /** Where to go on after a reconnect: just past the last event. */
  readonly cursor: { sinceNano: string }
  readonly lookAtHost: () => Promise<void>
}

/** Turns events into looks, and tells them as news. Ends, by throwing, when the stream ends. */
export async function followEvents(deps: FollowDeps, signal: AbortSignal): Promise<void> {
  const host = hostLooks(deps, signal)
  const flood = floods(deps)
  using teller = new NewsTeller(deps)
  while (!signal.aborted) {
    await deps.lines.arrival(signal)
    if (signal.aborted) return
    const drained = deps.lines.drain()
    const isFlood = drained.overflowed || drained.lines.length > LINES_AT_ONCE_MAX
    // One list says all that a flood can; its last event says where to go on.
    const lines = isFlood ? drained.lines.slice(-1) : drained.lines
    if (isFlood) flood()
    const events = lines.flatMap((line) => parsed(line, deps.log))
    for (const event of events) act(deps, event, host)
    for (const { event } of events) teller.hear(event)
    const last = events.at(-1)
    if (last !== undefined) deps.cursor.sinceNano = String(BigInt(last.event.timeNano) + 1n)
    if (isFlood) await deps.clock.sleep(FLOOD_PAUSE_MS, signal)
    if (deps.lines.ended) throw new RoadsteadError('engine-unreachable', { why: 'stream ended' })
  }
}

/** Said once in a while, listed each time. */
function floods({ clock, list, log, state }: FollowDeps): () => void {
  let saidAtMs = -Infinity
  return () => {
    list.asked.ring()
    state.askForStock()
    if (clock.monoMs() - saidAtMs < FLOOD_SAID_EVERY_MS) return
    saidAtMs = clock.monoMs()
    log.warn({}, 'events came faster than they could be taken, listing everything')
  }
}

interface ArrivedEvent {
  readonly event: EventJson
  readonly arrivedAtMs: number
}

function parsed({ text, arrivedAtMs }: ArrivedLine, log: Log): ArrivedEvent[] {
  const event = parseEvent(text)
  if (event !== undefined) return [{ event, arrivedAtMs }]
  log.debug({ length: text.length }, 'line of the event stream is not an event')
  return []
}

function act(deps: FollowDeps, { event, arrivedAtMs }: ArrivedEvent, host: () => void): void {
  const { looker, state, list, clock } = deps
  const trigger = classify(event, (id) => state.container(id)?.stopSignal)
  switch (trigger.kind) {
    case 'look': {
      const action = actionName(event).slice(0, 64)
      const cause = { action, timeNano: event.timeNano, seenAtMs: arrivedAtMs }
      if (trigger.stopping) state.seeStopping(trigger.id, cause, clock.monoMs())
      // Whoever routes there knows already: what the look adds can wait for what follows.
      const isTold = trigger.stopping && state.container(trigger.id)?.stopping === true
      looker.request({ id: trigger.id, cause }, isTold ? 'soon' : trigger.urgency)
      return
    }
    case 'look-host':
      host()
      return
    case 'look-at-stock': {
      const action = actionName(event).slice(0, 64)
      state.askFor(trigger.of, { action, timeNano: event.timeNano, seenAtMs: arrivedAtMs })
      return
    }
    case 'list':
      list.asked.ring()
      return
    case 'ignore':
      return
    default:
      unreachable(trigger)
  }
}

/** One look at the host for many events. */
function hostLooks({ clock, log, lookAtHost }: FollowDeps, signal: AbortSignal): () => void {
  let isPlanned = false
  return () => {
    if (isPlanned) return
    isPlanned = true
    void clock.sleep(HOST_JOIN_MS, signal).then(async () => {
      isPlanned = false
      if (signal.aborted) return
      try {
        await lookAtHost()
      } catch (error) {
        log.debug({ err: error }, 'look at the host failed, the next list repeats it')
      }
    })
  }
}

/** Of events, within their budget, and a moment later: looks go first on every machine that they meet. */
class NewsTeller implements Disposable {
  readonly #deps: Pick<FollowDeps, 'state' | 'clock'>
  /** Bounded by the budget. */
  #waiting: News[] = []
  #budget = freshBudget
  #timer: Disposable | undefined

  constructor(deps: Pick<FollowDeps, 'state' | 'clock'>) {
    this.#deps = deps
  }

  hear(event: EventJson): void {
    const news = toNews(event)
    if (news === undefined) return
    const { clock } = this.#deps
    const [next, { passes, missed }] = admitNews(this.#budget, clock.monoMs())
    this.#budget = next
    if (missed > 0) this.#waiting.push(newsOfMissed(missed, event.timeNano))
    if (passes) this.#waiting.push(news)
    if (this.#waiting.length > 0) this.#timer ??= clock.after(NEWS_LATER_MS, () => this.#tell())
  }

  [Symbol.dispose](): void {
    this.#timer?.[Symbol.dispose]()
    this.#tell()
  }

  #tell(): void {
    this.#timer = undefined
    for (const news of this.#waiting.splice(0)) this.#deps.state.tell({ kind: 'news', news })
  }
}
