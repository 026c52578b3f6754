import { Readable } from 'node:stream'
import Docker from 'dockerode'
import { z } from 'zod'
import type { ContainerId } from '@roadstead/shared/kernel/ids.ts'
import { RoadsteadError } from '@roadstead/shared/kernel/roadstead-error.ts'
import { WATCHED_ACTIONS, WATCHED_TYPES } from '../core/classify.ts'
import {
  IdJson,
  ImageJson,
  InfoJson,
  InspectJson,
  ListedJson,
  NetworkJson,
  VersionJson,
} from '../core/engine-json.ts'
import {
  HistoryJson,
  ImageContentJson,
  ListedImageJson,
  VolumesJson,
  type VolumeJson,
} from '../core/stock/stock-json.ts'
import { jsonIn } from './answer.ts'
import { EventLines } from './event-lines.ts'
import { EngineConnections, type Way } from './engine-way.ts'
import { engineError, isNotFound, refusalOf } from './engine-error.ts'

/** The oldest API that has all we read (Docker 20.10), and the newest that was tried. */
const API_OLDEST = [1, 41] as const
const API_NEWEST = [1, 47] as const

const PING_MS = 2_000
/** A list of a thousand containers takes 100 ms; an engine that restores them takes seconds. */
const LIST_MS = 10_000
const LOOK_MS = 5_000
/** An engine with a thousand images reads each from its disk. */
const STOCK_MS = 60_000
/** Images whose labels are kept; a host with more different ones asks again for the oldest. */
const IMAGES_KEPT_MAX = 512

/** A restart answers when the container has started again; that comes on top of its grace. */
const RESTART_EXTRA_MS = 30_000

interface EngineRequest {
  readonly method?: 'GET' | 'POST'
  readonly path: string
  readonly query?: Readonly<Record<string, string>>
}

/** One Docker Engine, or Podman's copy of its API. Every call has a deadline. */
export class DockerEngine implements Disposable {
  readonly #way: Way
  readonly #wallMs: () => number
  readonly #connections: EngineConnections
  readonly #imageById = new Map<string, ImageJson>()
  #docker: Docker

  /** @param wallMs time of arrival of events, for traces. */
  constructor(way: Way, wallMs: () => number) {
    this.#way = way
    this.#wallMs = wallMs
    this.#connections = new EngineConnections(way)
    this.#docker = this.#client()
  }

  /** @throws RoadsteadError `engine-unreachable` or `engine-forbidden`. */
  async ping(signal: AbortSignal): Promise<void> {
    await this.#get({ path: '/_ping' }, z.unknown(), PING_MS, signal)
  }

  /** Learns which API version both sides speak, and uses it from then on. */
  async negotiate(signal: AbortSignal): Promise<VersionJson & { readonly spoken: string }> {
    this.#docker = this.#client()
    const version = await this.#get({ path: '/version' }, VersionJson, PING_MS, signal)
    const spoken = commonVersion(version)
    this.#docker = this.#client(`v${spoken}`)
    return { ...version, spoken }
  }

  info(signal: AbortSignal): Promise<InfoJson> {
    return this.#get({ path: '/info' }, InfoJson, LIST_MS, signal)
  }

  listContainers(signal: AbortSignal): Promise<ListedJson[]> {
    return this.#get(
      { path: '/containers/json', query: { all: '1' } },
      z.array(ListedJson),
      LIST_MS,
      signal,
    )
  }

  /** Undefined when the engine says that there is no such container. */
  async inspect(id: ContainerId, signal: AbortSignal): Promise<InspectJson | undefined> {
    return orGone(this.#get({ path: `/containers/${id}/json` }, InspectJson, LOOK_MS, signal))
  }

  /** Kept by id, since an image never changes; undefined when the engine has it no more. */
  async image(id: string, signal: AbortSignal): Promise<ImageJson | undefined> {
    const known = this.#imageById.get(id)
    if (known !== undefined) return known
    if (id === '') return undefined
    const path = `/images/${encodeURIComponent(id)}/json`
    const image = await orGone(this.#get({ path }, ImageJson, LOOK_MS, signal))
    if (image !== undefined) this.#keep(id, image)
    return image
  }

  /** Which container the engine means by an id, a name or a prefix; undefined when it means none. */
  async identify(reference: string, signal: AbortSignal): Promise<ContainerId | undefined> {
    const path = `/containers/${encodeURIComponent(reference)}/json`
    return (await orGone(this.#get({ path }, IdJson, LOOK_MS, signal)))?.Id
  }

  /**
   * Stops a container and starts it again, as the engine does it by itself.
   *
   * @param graceMs between the stop signal and the kill.
   * @returns the engine's own words when it will not, and undefined when it is done.
   */
  async restart(
    id: ContainerId,
    graceMs: number,
    signal: AbortSignal,
  ): Promise<string | undefined> {
    const limit = deadline(graceMs + RESTART_EXTRA_MS, signal)
    const query = { t: String(Math.ceil(graceMs / 1_000)) }
    const request = { method: 'POST', path: `/containers/${id}/restart`, query } as const
    try {
      await this.#dial(request, false, { whole: limit, answer: limit })
      return undefined
    } catch (error) {
      const refusal = refusalOf(error)
      if (refusal === undefined) throw error
      return refusal
    }
  }

  networks(signal: AbortSignal): Promise<NetworkJson[]> {
    return this.#get({ path: '/networks' }, z.array(NetworkJson), LIST_MS, signal)
  }

  images(signal: AbortSignal): Promise<ListedImageJson[]> {
    return this.#get({ path: '/images/json' }, z.array(ListedImageJson), STOCK_MS, signal)
  }

  /** Undefined when the engine has it no more. */
  async imageContent(id: string, signal: AbortSignal): Promise<ImageContentJson | undefined> {
    const path = `/images/${encodeURIComponent(id)}/json`
    return orGone(this.#get({ path }, ImageContentJson, LOOK_MS, signal))
  }

  async imageHistory(id: string, signal: AbortSignal): Promise<HistoryJson[] | undefined> {
    const path = `/images/${encodeURIComponent(id)}/history`
    return orGone(this.#get({ path }, z.array(HistoryJson), LOOK_MS, signal))
  }

  async volumes(signal: AbortSignal): Promise<VolumeJson[]> {
    return (await this.#get({ path: '/volumes' }, VolumesJson, STOCK_MS, signal)).Volumes
  }

  /** Resolves once the engine has begun to answer; events from `sinceNano` on come first. */
  async events(sinceNano: string, signal: AbortSignal): Promise<EventLines> {
    const filters = JSON.stringify({ type: WATCHED_TYPES, event: WATCHED_ACTIONS })
    const request = { path: '/events', query: { since: inSeconds(sinceNano), filters } }
    const limit = deadline(PING_MS, signal)
    const stream = await this.#dial(request, true, { whole: signal, answer: limit })
    if (stream instanceof Readable) return new EventLines(stream, this.#wallMs)
    throw new RoadsteadError('engine-answer', { path: '/events' })
  }

  [Symbol.dispose](): void {
    this.#connections.destroy()
  }

  #keep(id: string, image: ImageJson): void {
    const [oldest] = this.#imageById.keys()
    if (this.#imageById.size >= IMAGES_KEPT_MAX && oldest !== undefined) {
      this.#imageById.delete(oldest)
    }
    this.#imageById.set(id, image)
  }

  async #get<Schema extends z.ZodType>(
    request: EngineRequest,
    schema: Schema,
    timeoutMs: number,
    signal: AbortSignal,
  ): Promise<z.output<Schema>> {
    const limit = deadline(timeoutMs, signal)
    const body = await this.#dial(request, true, { whole: limit, answer: limit })
    const parsed = schema.safeParse(await this.#json(request, body))
    if (parsed.success) return parsed.data
    throw new RoadsteadError('engine-answer', {
      path: request.path,
      problem: z.prettifyError(parsed.error),
    })
  }

  /** `whole` ends the request at any time, `answer` only the wait for it to begin. */
  async #dial(
    request: EngineRequest,
    isStream: boolean,
    limits: { readonly whole: AbortSignal; readonly answer: AbortSignal },
  ): Promise<unknown> {
    const { promise, resolve, reject } = Promise.withResolvers<unknown>()
    const giveUp = (): void => reject(limits.answer.reason)
    limits.answer.addEventListener('abort', giveUp, { once: true })
    this.#docker.modem.dial(
      {
        // The client adds its query to a path that ends in a question mark, and to no other.
        path: request.query === undefined ? request.path : `${request.path}?`,
        method: request.method ?? 'GET',
        options: request.query,
        abortSignal: limits.whole,
        isStream,
        statusCodes: { 200: true, 204: true },
      },
      (error: unknown, answer: unknown) => (error === null ? resolve(answer) : reject(error)),
    )
    try {
      return await promise
    } catch (error) {
      throw this.#failure(error, request)
    } finally {
      limits.answer.removeEventListener('abort', giveUp)
    }
  }

  async #json(request: EngineRequest, body: unknown): Promise<unknown> {
    try {
      return await jsonIn(body)
    } catch (error) {
      throw this.#failure(error, request)
    }
  }

  #failure(error: unknown, { path }: EngineRequest): RoadsteadError {
    const failure = engineError(error, { path, engine: this.#way.name }, this.#way.trouble())
    if (failure.code !== 'engine-answer') this.#connections.forgetIdle()
    return failure
  }

  #client(version?: string): Docker {
    // All that the client would take from the environment otherwise; where it leads, the way says.
    const options = {
      protocol: 'http',
      host: 'engine',
      port: 80,
      agent: this.#connections,
    } as const
    return new Docker({ ...options, ...(version === undefined ? {} : { version }) })
  }
}

async function orGone<Value>(answer: Promise<Value>): Promise<Value | undefined> {
  try {
    return await answer
  } catch (error) {
    if (isNotFound(error)) return undefined
    throw error
  }
}

function deadline(ms: number, signal: AbortSignal): AbortSignal {
  return AbortSignal.any([signal, AbortSignal.timeout(ms)])
}

/** Nanoseconds as the engine takes them: seconds and a fraction, in text, so that nothing is lost. */
function inSeconds(nano: string): string {
  const digits = nano.padStart(10, '0')
  return `${digits.slice(0, -9)}.${digits.slice(-9)}`
}

function commonVersion(version: VersionJson): string {
  const theirs = parseVersion(version.ApiVersion)
  const theirOldest = parseVersion(version.MinAPIVersion)
  const spoken = isBelow(theirs, API_NEWEST) ? theirs : API_NEWEST
  if (isBelow(spoken, API_OLDEST)) {
    throw new RoadsteadError('engine-too-old', { api: version.ApiVersion, needed: '1.41' })
  }
  return (isBelow(spoken, theirOldest) ? theirOldest : spoken).join('.')
}

function parseVersion(text: string): readonly [number, number] {
  const [major = 0, minor = 0] = text.split('.').map(Number)
  return [major || 0, minor || 0]
}

function isBelow(a: readonly [number, number], b: readonly [number, number]): boolean {
  return a[0] === b[0] ? a[1] < b[1] : a[0] < b[0]
}
