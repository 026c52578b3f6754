import { once } from 'node:events'
import net from 'node:net'

export interface Target {
  readonly host: string
  readonly port: number
}

/**
 * A TCP relay with faults that a machine cannot be asked for: latency, swallowed bytes, resets,
 * refusal. It can also be pointed elsewhere, as an address that moves from one master to another.
 */
export class FaultProxy implements AsyncDisposable {
  latencyMs = 0
  /** Connections stay, and nothing passes: what a cable that was pulled looks like. */
  blackHole = false
  target: Target
  readonly #sockets = new Set<net.Socket>()
  readonly #server: net.Server

  private constructor(target: Target) {
    this.target = target
    this.#server = net.createServer({ allowHalfOpen: true }, (from) => this.#relay(from))
  }

  static async to(target: Target, host = '127.0.0.1'): Promise<FaultProxy> {
    const proxy = new FaultProxy(target)
    proxy.#server.listen(0, host)
    await once(proxy.#server, 'listening')
    return proxy
  }

  get port(): number {
    const address = this.#server.address()
    return typeof address === 'object' && address !== null ? address.port : 0
  }

  /** Cuts every connection at both ends. New ones are taken. */
  reset(): void {
    for (const socket of this.#sockets) socket.resetAndDestroy()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = once(this.#server, 'close')
    this.#server.close()
    this.reset()
    await closed
  }

  #relay(from: net.Socket): void {
    const to = net.connect({ ...this.target, allowHalfOpen: true })
    this.#pipe(from, to)
    this.#pipe(to, from)
  }

  #pipe(from: net.Socket, to: net.Socket): void {
    this.#sockets.add(from)
    from.setNoDelay(true)
    from.on('data', (bytes) => this.#later(() => !this.blackHole && to.write(bytes)))
    from.on('end', () => this.#later(() => to.end()))
    from.on('error', () => to.destroy())
    from.on('close', () => {
      this.#sockets.delete(from)
      this.#later(() => to.destroy())
    })
  }

  /** Timers of equal length fire in the order in which they were set, so bytes keep theirs. */
  #later(task: () => void): void {
    if (this.latencyMs === 0) task()
    else setTimeout(task, this.latencyMs)
  }
}
