import type { LiveFrame } from '@roadstead/shared/protocol/live.ts'

/** What the feed needs of a WebSocket. */
export interface LiveSocket {
  readonly bufferedAmount: number
  send(text: string): void
  ping(): void
  close(code: number, reason: string): void
  terminate(): void
}

/**
 * One reader of the live feed. It keeps no queue of its own: what cannot be sent now is dropped, and
 * a snapshot makes it good as soon as the socket has drained. So a slow reader costs a fixed amount.
 */
export class LiveClient {
  readonly #socket: LiveSocket
  /** Asked now and then: a revoked token must not go on reading. */
  readonly mayRead: () => boolean
  #lagging: { readonly sinceMs: number } | undefined
  #heardMs: number
  #sentMs: number
  #pingedMs: number

  constructor(socket: LiveSocket, mayRead: () => boolean, nowMs: number) {
    this.#socket = socket
    this.mayRead = mayRead
    this.#heardMs = nowMs
    this.#sentMs = nowMs
    this.#pingedMs = nowMs
  }

  get isLagging(): boolean {
    return this.#lagging !== undefined
  }

  /** Sends unless the socket is full; then marks the client as lagging, and true says that it is new. */
  offer(text: string, nowMs: number): 'sent' | 'lagging' | 'began-lagging' {
    if (this.#lagging !== undefined) return 'lagging'
    if (this.#socket.bufferedAmount > BUFFERED_BYTES_MAX) {
      this.#lagging = { sinceMs: nowMs }
      this.#socket.send(frameText({ kind: 'lagged' }))
      return 'began-lagging'
    }
    this.#socket.send(text)
    this.#sentMs = nowMs
    return 'sent'
  }

  /** Whether a lagging client can take a snapshot again, or has to go. */
  judgeLag(nowMs: number): 'fine' | 'waits' | 'drained' | 'hopeless' {
    const lag = this.#lagging
    if (lag === undefined) return 'fine'
    if (this.#socket.bufferedAmount > BUFFERED_BYTES_FATAL) return 'hopeless'
    if (nowMs - lag.sinceMs > LAG_MS_MAX) return 'hopeless'
    if (this.#socket.bufferedAmount > DRAINED_BYTES) return 'waits'
    this.#lagging = undefined
    return 'drained'
  }

  heard(nowMs: number): void {
    this.#heardMs = nowMs
  }

  /** Keeps the connection known to be alive at both ends; false when the other end is gone. */
  keepAlive(nowMs: number, idleText: string): boolean {
    if (nowMs - this.#heardMs > 2 * PING_MS + PONG_MS_MAX) return false
    if (nowMs - this.#pingedMs >= PING_MS) {
      this.#pingedMs = nowMs
      this.#socket.ping()
    }
    if (nowMs - this.#sentMs >= IDLE_MS) this.offer(idleText, nowMs)
    return true
  }

  close(code: number, reason: string): void {
    this.#socket.close(code, reason)
  }

  terminate(): void {
    this.#socket.terminate()
  }
}

/** The one place where frames become text. */
export function frameText(frame: LiveFrame): string {
  return JSON.stringify(frame)
}

/** A snapshot of a middling fleet; a reader that is further behind is served better by a new one. */
const BUFFERED_BYTES_MAX = 1024 * 1024
const BUFFERED_BYTES_FATAL = 8 * BUFFERED_BYTES_MAX
const DRAINED_BYTES = 64 * 1024
const LAG_MS_MAX = 30_000
const IDLE_MS = 10_000
/** Proxies close idle connections after 30 or 60 seconds. */
const PING_MS = 20_000
const PONG_MS_MAX = 5_000
