import type { Clock } from '@roadstead/shared/kernel/clock.ts'
import type { ClientHello, LivePatch, LiveState } from '@roadstead/shared/protocol/live.ts'
import { frameText, LiveClient, type LiveSocket } from './live-client.ts'

export interface FeedDeps {
  readonly instance: string
  readonly clock: Clock
  /** All that a dashboard shows, now, as of this revision. */
  readonly read: (revision: number) => LiveState
  readonly diff: (before: LiveState, after: LiveState) => LivePatch | undefined
  readonly onLag: () => void
}

interface Step {
  readonly from: number
  readonly text: string
}

/**
 * One feed for all readers: the state is read and compared once, however many watch, and each patch
 * is written as text once. Nothing is computed while nobody watches. Patches of the last minutes are
 * kept, so that a reader who was away for a moment gets only what it missed.
 */
export class LiveFeed {
  readonly #deps: FeedDeps
  readonly #clients = new Set<LiveClient>()
  #steps: Step[] = []
  #stepsLength = 0
  #revision = 1
  #state: LiveState | undefined
  #nextMs = 0
  #planned: Disposable | undefined
  #chores: Disposable | undefined

  constructor(deps: FeedDeps) {
    this.#deps = deps
  }

  get revision(): number {
    return this.#revision
  }

  get size(): number {
    return this.#clients.size
  }

  /** Something may have changed: patches follow soon, at most four a second. */
  touch(): void {
    if (this.#clients.size === 0 || this.#planned !== undefined) return
    const waitMs = Math.max(0, this.#nextMs - this.#deps.clock.monoMs())
    this.#planned = this.#deps.clock.after(waitMs, () => {
      this.#planned = undefined
      this.#advance()
    })
  }

  join(socket: LiveSocket, resume: ClientHello['resume'], mayRead: () => boolean): LiveClient {
    this.#advance()
    const client = new LiveClient(socket, mayRead, this.#deps.clock.monoMs())
    this.#clients.add(client)
    const missed = this.#missedSince(resume)
    if (missed === undefined) this.#sendSnapshot(client)
    else for (const step of missed) this.#offer(client, step.text)
    this.#planChores()
    return client
  }

  leave(client: LiveClient): void {
    this.#clients.delete(client)
  }

  /** Tells everybody to go elsewhere, and closes. */
  end(reason: string, leaderUrl: string | undefined): void {
    const text = frameText({
      kind: 'goaway',
      reason,
      ...(leaderUrl !== undefined && { leaderUrl }),
    })
    for (const client of this.#clients) {
      this.#offer(client, text)
      client.close(1012, reason)
    }
    this.#clients.clear()
    this.#planned?.[Symbol.dispose]()
    this.#chores?.[Symbol.dispose]()
  }

  /** Compares the state with the last one, and sends the difference to all. */
  #advance(): void {
    const { clock, diff, read } = this.#deps
    const startMs = clock.monoMs()
    if (this.#state === undefined) {
      this.#state = read(this.#revision)
    } else {
      const after = read(this.#revision + 1)
      const patch = diff(this.#state, after)
      if (patch !== undefined) this.#send(patch, after)
    }
    const costMs = clock.monoMs() - startMs
    // A large fleet is compared less often, so that watching it never slows down routing it.
    this.#nextMs = startMs + Math.max(PATCH_MS_MIN, costMs * COST_SHARE)
  }

  #send(patch: LivePatch, after: LiveState): void {
    const from = this.#revision
    this.#revision += 1
    this.#state = after
    const text = frameText({ kind: 'patch', from, revision: this.#revision, patch })
    this.#steps.push({ from, text })
    this.#stepsLength += text.length
    while (this.#steps.length > STEPS_MAX || this.#stepsLength > STEPS_LENGTH_MAX) {
      this.#stepsLength -= this.#steps.shift()?.text.length ?? 0
    }
    for (const client of this.#clients) this.#offer(client, text)
  }

  #missedSince(resume: ClientHello['resume']): readonly Step[] | undefined {
    if (resume === undefined || resume.instance !== this.#deps.instance) return undefined
    if (resume.revision === this.#revision) return []
    const at = this.#steps.findIndex((step) => step.from === resume.revision)
    return at === -1 ? undefined : this.#steps.slice(at)
  }

  #sendSnapshot(client: LiveClient): void {
    if (this.#state === undefined) return
    const { instance } = this.#deps
    const revision = this.#revision
    this.#offer(client, frameText({ kind: 'snapshot', instance, revision, state: this.#state }))
  }

  #offer(client: LiveClient, text: string): void {
    if (client.offer(text, this.#deps.clock.monoMs()) === 'began-lagging') this.#deps.onLag()
  }

  #planChores(): void {
    if (this.#chores !== undefined) return
    this.#chores = this.#deps.clock.after(CHORES_MS, () => {
      this.#chores = undefined
      for (const client of this.#clients) this.#tend(client)
      // Silence changes what is shown too, and nothing rings for it.
      this.touch()
      if (this.#clients.size > 0) this.#planChores()
    })
  }

  #tend(client: LiveClient): void {
    const nowMs = this.#deps.clock.monoMs()
    const idle = frameText({ kind: 'idle', revision: this.#revision })
    const lag = client.judgeLag(nowMs)
    if (lag === 'drained') this.#sendSnapshot(client)
    if (lag === 'hopeless') this.#drop(client, 1013, 'slow consumer')
    else if (!client.mayRead()) this.#drop(client, 1008, 'signed out')
    else if (!client.keepAlive(nowMs, idle)) this.#drop(client, 1001, 'not answering')
  }

  #drop(client: LiveClient, code: number, reason: string): void {
    this.#clients.delete(client)
    client.close(code, reason)
    // Whoever does not read does not answer a close either.
    this.#deps.clock.after(CLOSE_MS_MAX, () => client.terminate())
  }
}

/** Four patches a second look live, and a thousand changes between two of them are one. */
const PATCH_MS_MIN = 250
/** At most a fifth of the time goes into comparing. */
const COST_SHARE = 5
/** Minutes of patches: a reload of the page or a short loss of the network. */
const STEPS_MAX = 1_000
const STEPS_LENGTH_MAX = 8 * 1024 * 1024
const CHORES_MS = 1_000
const CLOSE_MS_MAX = 5_000
