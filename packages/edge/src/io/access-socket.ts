import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import type { Log } from '@roadstead/shared/kernel/log.ts'
import { RoadsteadError } from '@roadstead/shared/kernel/roadstead-error.ts'
import { FILES } from '../core/nginx/main-file.ts'
import type { RequestSource, Taken } from '../core/requests/source.ts'
import type { AccessPlace, Heard } from './access-reader.ts'

/**
 * The counts of the reload tier: nginx sends a line for each request to a port on the loopback. It does
 * not wait for anybody, so an edge that stands still costs counts and no visitor anything; what the
 * kernel had no room for is told as lost. A thread reads them, whatever else the edge has to do.
 */
export class AccessSocket implements RequestSource, AsyncDisposable {
  readonly place: AccessPlace
  readonly #thread: Thread
  readonly #log: Log

  private constructor(place: AccessPlace, thread: Thread, log: Log) {
    this.place = place
    this.#thread = thread
    this.#log = log
  }

  static async in(folder: string, log: Log): Promise<AccessSocket | undefined> {
    const thread = new Thread(await readPlace(folder))
    const place = await thread.place
    if (place !== undefined) return new AccessSocket(place, thread, log)
    await thread.end()
    return undefined
  }

  async take(): Promise<Taken> {
    const { tally, lost, strange } = await this.#thread.take()
    if (strange > 0) this.#log.warn({ datagrams: strange }, 'strange lines at the access log')
    return { tally, lost }
  }

  told(): void {
    // Nobody keeps what has been taken.
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#thread.end()
  }
}

/** Whoever asks it when it has failed fails as well: our next life finds nginx as it is. */
class Thread {
  readonly place: Promise<AccessPlace | undefined>
  readonly #worker: Worker
  readonly #asked: PromiseWithResolvers<Heard>[] = []
  #failure: RoadsteadError | undefined

  constructor(before: AccessPlace | undefined) {
    const program = new URL('./access-thread.ts', import.meta.url)
    this.#worker = new Worker(program, { name: 'access log', workerData: { before } })
    const placed = Promise.withResolvers<AccessPlace | undefined>()
    this.place = placed.promise
    this.#worker.once('message', (place: AccessPlace | undefined) => {
      placed.resolve(place)
      this.#worker.on('message', (heard: Heard) => this.#asked.shift()?.resolve(heard))
    })
    this.#worker.on('error', (cause) => {
      const failure = new RoadsteadError('internal', { thread: 'access log' }, { cause })
      this.#failure = failure
      placed.reject(failure)
      for (const asked of this.#asked.splice(0)) asked.reject(failure)
    })
  }

  /** One after the other: nobody asks again before he has been answered. */
  async take(): Promise<Heard> {
    if (this.#failure !== undefined) throw this.#failure
    const asked = Promise.withResolvers<Heard>()
    this.#asked.push(asked)
    this.#worker.postMessage('take')
    return asked.promise
  }

  async end(): Promise<void> {
    await this.#worker.terminate()
  }
}

/** nginx goes on sending there while we are away, so the next life finds it in the file of nginx. */
async function readPlace(folder: string): Promise<AccessPlace | undefined> {
  const text = await readFile(join(folder, FILES.access), 'utf8').catch(() => '')
  const found = /server=127\.0\.0\.1:(\d{1,5}),nohostname,tag=(rs[0-9a-f]{24}) /.exec(text)
  const [, port = '', tag = ''] = found ?? []
  return found === null ? undefined : { port: Number(port), tag }
}
