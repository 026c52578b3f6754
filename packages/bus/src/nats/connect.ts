import {
  connect,
  type ConnectionOptions,
  type Msg,
  type NatsConnection,
  type Subscription,
} from '@nats-io/transport-node'
import { backoff } from '@roadstead/shared/kernel/backoff.ts'
import type { Clock } from '@roadstead/shared/kernel/clock.ts'
import type { Log } from '@roadstead/shared/kernel/log.ts'
import type { Random } from '@roadstead/shared/kernel/random.ts'
import type { Link } from '../ports.ts'
import { LinkState } from './link.ts'
import { publicKeyOf, signNonce } from '../nkey.ts'

/** Where to connect, as whom, and with which clock and chance. */
export interface ConnectParams {
  /** One URL or several, comma-separated: `nats://host:port` or `tls://host:port`. */
  readonly natsUrl: string
  readonly seed: string
  /** For people who look at the server's list of connections. */
  readonly name: string
  /** Replies come here and nowhere else; no two identities share one. */
  readonly inboxPrefix: string
  readonly pingMs: number
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
}

/**
 * One connection that never gives up. It is usable at once, also while no server can be reached:
 * `client()` then is undefined, and whoever wants to write hears so instead of being queued. The
 * client library throws away what is published while it is away, so nothing may be handed to it then.
 */
export class Connection implements AsyncDisposable {
  readonly #params: ConnectParams
  readonly #state: LinkState
  readonly #stop = new AbortController()
  readonly #subscriptions = new Set<KeptSubscription>()
  readonly #running: Promise<void>
  #client: NatsConnection | undefined

  constructor(params: ConnectParams) {
    this.#params = params
    this.#state = new LinkState(params.log)
    this.#running = this.#run()
  }

  get link(): Link {
    return this.#state
  }

  /** The client if the server can be talked to now. */
  client(): NatsConnection | undefined {
    const client = this.#client
    return client !== undefined && this.#state.connected() && !client.isClosed()
      ? client
      : undefined
  }

  /** Waits until connected; undefined when `signal` aborted first. */
  async whenConnected(signal: AbortSignal): Promise<NatsConnection | undefined> {
    while (!signal.aborted && !this.#stop.signal.aborted) {
      const client = this.client()
      if (client !== undefined) return client
      await this.#state.changed(AbortSignal.any([signal, this.#stop.signal]))
    }
    return undefined
  }

  /** A core subscription that outlives every server: made again whenever it ended. */
  subscribe(subject: string, handle: (message: Msg) => void): Disposable {
    const kept: KeptSubscription = { subject, handle, live: undefined }
    this.#subscriptions.add(kept)
    if (this.#client !== undefined) this.#open(kept, this.#client)
    return {
      [Symbol.dispose]: () => {
        this.#subscriptions.delete(kept)
        kept.live?.unsubscribe()
      },
    }
  }

  /** A dial that is under way is not waited for, it may take seconds: what it opens is closed again. */
  async [Symbol.asyncDispose](): Promise<void> {
    const client = this.client()
    this.#stop.abort()
    // The last word of a process, for example that it stops on purpose, is still on its way.
    if (client !== undefined) await flushed(client, this.#params.clock)
    if (this.#client === undefined) return
    await this.#client.close()
    await this.#running
  }

  async #run(): Promise<void> {
    const { clock, random } = this.#params
    const waits = backoff(RECONNECT, random)
    while (!this.#stop.signal.aborted) {
      try {
        const client = await connect(connectionOptions(this.#params))
        waits.reset()
        await this.#live(client)
      } catch (error) {
        this.#state.failed(error)
      }
      await clock.sleep(waits.nextMs(), this.#stop.signal)
    }
  }

  async #live(client: NatsConnection): Promise<void> {
    if (this.#stop.signal.aborted) return client.close()
    this.#client = client
    for (const kept of this.#subscriptions) this.#open(kept, client)
    await this.#state.follow(client)
    this.#client = undefined
  }

  /** A refused subscription ends; it is tried again, because permissions can be granted later. */
  #open(kept: KeptSubscription, client: NatsConnection): void {
    const { clock, log } = this.#params
    const live = client.subscribe(kept.subject, {
      callback: (error, message) => {
        if (error === null) kept.handle(message)
      },
    })
    kept.live = live
    void live.closed.then(async (error) => {
      if (client.isClosed() || !this.#subscriptions.has(kept)) return
      log.warn({ subject: kept.subject, err: error }, 'bus subscription ended')
      await clock.sleep(RESUBSCRIBE_MS, this.#stop.signal)
      const current = kept.live === live && this.#subscriptions.has(kept)
      if (current && !client.isClosed()) this.#open(kept, client)
    })
  }
}

/** Resolves when the server has it all, or is too slow; no timer is left to keep the process alive. */
async function flushed(client: NatsConnection, clock: Clock): Promise<void> {
  const done = new AbortController()
  await Promise.race([client.flush(), clock.sleep(FLUSH_MS, done.signal)])
  done.abort()
}

interface KeptSubscription {
  readonly subject: string
  readonly handle: (message: Msg) => void
  live: Subscription | undefined
}

/** Soon enough for a person at a prompt, rare enough for a fleet on a struggling server. */
const RECONNECT = { firstMs: 250, maxMs: 2_000 }
const RESUBSCRIBE_MS = 5_000
const FLUSH_MS = 500
const DIAL_MS = 5_000
const PINGS_MISSED_MAX = 2

/** A new object every time: the library writes into what it is given. */
function connectionOptions(params: ConnectParams): ConnectionOptions {
  const servers = params.natsUrl.split(',').map((url) => url.trim())
  const publicKey = publicKeyOf(params.seed)
  const answer = signNonce(params.seed)
  return {
    servers,
    name: params.name,
    inboxPrefix: params.inboxPrefix,
    authenticator: (nonce) => ({ nkey: publicKey, sig: nonce === undefined ? '' : answer(nonce) }),
    ...(servers.some((url) => url.startsWith('tls://')) && { tls: {} }),
    // Library defaults give up after 10 attempts or two refusals, and notice a hung server after minutes.
    maxReconnectAttempts: -1,
    ignoreAuthErrorAbort: true,
    reconnectDelayHandler: () => RECONNECT.firstMs + params.random.next() * RECONNECT.firstMs * 3,
    pingInterval: params.pingMs,
    maxPingOut: PINGS_MISSED_MAX,
    timeout: DIAL_MS,
    noAsyncTraces: true,
  }
}
