import type { NatsConnection, Status } from '@nats-io/transport-node'
import { Bell } from '@roadstead/shared/kernel/bell.ts'
import type { Log } from '@roadstead/shared/kernel/log.ts'
import type { Link } from '../ports.ts'

/** Turns what the client library says about itself into one answer: can the bus be used now? */
export class LinkState implements Link {
  readonly #log: Log
  readonly #listeners = new Set<() => void>()
  #connected = false
  #complaint = ''
  #server: ReturnType<Link['server']>

  constructor(log: Log) {
    this.#log = log
  }

  connected(): boolean {
    return this.#connected
  }

  server(): ReturnType<Link['server']> {
    return this.#server
  }

  onChange(listener: () => void): Disposable {
    this.#listeners.add(listener)
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) }
  }

  /** Resolves at the next change, or when `signal` aborts. */
  async changed(signal: AbortSignal): Promise<void> {
    const bell = new Bell()
    using _listener = this.onChange(() => bell.ring())
    await bell.rung(signal)
  }

  /** Follows one client until it is closed for good. */
  async follow(client: NatsConnection): Promise<void> {
    this.#up(client)
    for await (const status of client.status()) this.#take(status, client)
    this.#down('closed')
  }

  /** A connection could not be made; said once for every reason, not at every attempt. */
  failed(error: unknown): void {
    const reason = error instanceof Error ? error.message : String(error)
    if (reason === this.#complaint) return
    this.#complaint = reason
    this.#log.warn({ err: error }, 'bus unreachable')
  }

  #take(status: Status, client: NatsConnection): void {
    switch (status.type) {
      case 'reconnect':
        return this.#up(client)
      case 'disconnect':
      case 'staleConnection':
      case 'close':
        return this.#down(status.type)
      case 'error':
        return this.#log.warn({ err: status.error }, 'bus reported an error')
      case 'slowConsumer':
      case 'ldm':
        return this.#log.info({ status: status.type }, 'bus asks for care')
      default:
        // Pings, attempts and members of a cluster coming and going change nothing here.
        return undefined
    }
  }

  #up(client: NatsConnection): void {
    const { info } = client
    this.#server = {
      version: info?.version ?? 'unknown',
      // Without a cluster, several addresses are still one server.
      servers: info?.cluster === undefined ? 1 : Math.max(1, info.connect_urls?.length ?? 1),
      url: client.getServer(),
    }
    this.#connected = true
    this.#complaint = ''
    this.#log.info({ ...this.#server }, 'bus connected')
    this.#changedNow()
  }

  #down(why: string): void {
    if (!this.#connected) return
    this.#connected = false
    const level = why === 'close' ? 'info' : 'warn'
    this.#log[level]({ why }, 'bus disconnected')
    this.#changedNow()
  }

  #changedNow(): void {
    for (const listener of this.#listeners) listener()
  }
}
