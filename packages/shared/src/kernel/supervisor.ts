import type { Log } from './log.ts'

type Loop = (signal: AbortSignal) => Promise<void>

/**
 * Runs the named loops of one process. A loop that fails stops all the others, and the process with
 * them: half an agent that still answers its health check is worse than none, because nothing would
 * restart it. Whoever supervises the process (systemd, Docker, `roadstead up`) starts it again.
 */
export class Supervisor implements AsyncDisposable {
  readonly #log: Log
  readonly #stop = new AbortController()
  readonly #loops: Promise<void>[] = []
  readonly #failed = Promise.withResolvers<never>()

  constructor(log: Log) {
    this.#log = log
    this.#failed.promise.catch(() => undefined)
  }

  run(name: string, loop: Loop): void {
    this.#loops.push(this.#guard(name, loop))
  }

  /** Resolves when `signal` aborts; rejects with the error of the first loop that failed. */
  async untilStopped(signal: AbortSignal): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    if (signal.aborted) resolve()
    signal.addEventListener('abort', () => resolve(), { once: true })
    await Promise.race([promise, this.#failed.promise])
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort()
    await Promise.all(this.#loops)
  }

  async #guard(name: string, loop: Loop): Promise<void> {
    try {
      await loop(this.#stop.signal)
      if (this.#stop.signal.aborted) return
      throw new Error('ended although nobody asked it to')
    } catch (error) {
      if (this.#stop.signal.aborted) return
      this.#log.error({ loop: name, err: error }, 'loop failed')
      this.#failed.reject(new Error(`loop ${name} failed`, { cause: error }))
    }
  }
}
