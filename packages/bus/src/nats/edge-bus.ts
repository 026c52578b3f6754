import type { Msg } from '@nats-io/transport-node'
import { Bell } from '@roadstead/shared/kernel/bell.ts'
import type { EdgeId } from '@roadstead/shared/kernel/ids.ts'
import { EVENT_BYTES_MAX } from '@roadstead/shared/kernel/limits.ts'
import { jitter } from '@roadstead/shared/kernel/random.ts'
import type { EdgeStatus } from '@roadstead/shared/protocol/edge-status.ts'
import type { RequestReport } from '@roadstead/shared/protocol/request-report.ts'
import type { Signed } from '@roadstead/shared/protocol/signed.ts'
import { encodeWithin } from '../codec.ts'
import { inboxPrefixOf } from '../permissions.ts'
import { NewestManifest } from '../newest-manifest.ts'
import { type EdgeBus, type Link, manifestKey, objectKey, sliceKey, type Stored } from '../ports.ts'
import { sha256 } from '../sha256.ts'
import { SliceCache } from '../slice-cache.ts'
import {
  controlSubject,
  edgeStatusSubject,
  republishedSubject,
  requestsSubject,
} from '../subjects.ts'
import type { BusParams } from './agent-bus.ts'
import { Connection } from './connect.ts'
import { directGet, publish } from './jetstream.ts'
import { storedFrom } from './outcome.ts'

/** The bus as an edge may use it. Usable at once; whether NATS is there, `link` tells. */
export function connectEdgeBus(params: BusParams<EdgeId>): EdgeBus {
  return new NatsEdgeBus(params)
}

const PING_MS = 1_000
const PUBLISH_MS = 1_000
/** A push can get lost; this is how long the loss may last. */
const POLL_MS = 5_000
const POLL_JITTER = 0.2

/**
 * No consumer, no watcher: pushed text is a hint with its content, and the stored word is fetched at
 * start, after every reconnect and every few seconds. Nothing about this edge is kept in the server.
 */
class NatsEdgeBus implements EdgeBus {
  readonly #params: BusParams<EdgeId>
  readonly #connection: Connection
  readonly #slices = new SliceCache()
  readonly #pushedSlices: Disposable

  constructor(params: BusParams<EdgeId>) {
    const { id, site } = params
    const name = `edge ${site}/${id}`
    const inboxPrefix = inboxPrefixOf('edge', id)
    this.#params = params
    this.#connection = new Connection({ ...params, name, inboxPrefix, pingMs: PING_MS })
    this.#pushedSlices = this.#connection.subscribe(
      `${republishedSubject(`p.${site}.${id}`)}.*`,
      (message) => {
        const text = message.string()
        const bucket = Number(message.subject.slice(message.subject.lastIndexOf('.') + 1))
        if (text !== '') this.#slices.put(bucket, sha256(text), text)
      },
    )
  }

  get link(): Link {
    return this.#connection.link
  }

  async *followManifests(
    edge: EdgeId,
    signal: AbortSignal,
  ): AsyncGenerator<Signed, void, undefined> {
    const { clock, random, site } = this.#params
    const key = manifestKey(site, edge)
    const newest = new NewestManifest()
    const bell = new Bell()
    let pollDueMs = clock.monoMs()
    using _pushed = this.#connection.subscribe(republishedSubject(key), (message) => {
      newest.pushed({ seq: sequenceOf(message), text: message.string() })
      bell.ring()
    })
    using _link = this.link.onChange(() => {
      pollDueMs = clock.monoMs()
      bell.ring()
    })
    while (!signal.aborted) {
      if (clock.monoMs() >= pollDueMs) {
        pollDueMs = clock.monoMs() + jitter(POLL_MS, POLL_JITTER, random)
        await this.#poll(key, newest)
      }
      const manifest = newest.take()
      if (manifest !== undefined) {
        yield manifest
        continue
      }
      using _timer = clock.after(pollDueMs - clock.monoMs(), () => bell.ring())
      await bell.rung(signal)
    }
  }

  async slice(edge: EdgeId, bucket: number, digest: string): Promise<string | undefined> {
    const known = this.#slices.get(bucket, digest)
    if (known !== undefined) return known
    const client = this.#connection.client()
    if (client === undefined) return undefined
    const key = sliceKey(this.#params.site, edge, bucket)
    const stored = await directGet(client, CONTROL, controlSubject(key))
    if (typeof stored === 'string') return undefined
    this.#slices.put(bucket, sha256(stored.text), stored.text)
    return this.#slices.get(bucket, digest)
  }

  async object(edge: EdgeId, named: Parameters<EdgeBus['object']>[1]): Promise<string | undefined> {
    const client = this.#connection.client()
    if (client === undefined) return undefined
    const key = objectKey(this.#params.site, edge, named)
    const stored = await directGet(client, CONTROL, controlSubject(key))
    if (typeof stored === 'string') return undefined
    return sha256(stored.text) === named.digest ? stored.text : undefined
  }

  async report(status: EdgeStatus): Promise<Stored> {
    const { site, id } = this.#params
    const text = encodeWithin(status, EVENT_BYTES_MAX)
    if (text === undefined)
      return { kind: 'refused', error: 'the status is too large', full: false }
    const client = this.#connection.client()
    if (client === undefined) return { kind: 'unknown', error: 'not connected' }
    return storedFrom(await publish(client, edgeStatusSubject(site, id), text, {}, PUBLISH_MS))
  }

  tellRequests(report: RequestReport): boolean {
    const { site, id } = this.#params
    const text = encodeWithin(report, EVENT_BYTES_MAX)
    const client = this.#connection.client()
    if (text === undefined || client === undefined) return false
    client.publish(requestsSubject(site, id), text)
    return true
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#pushedSlices[Symbol.dispose]()
    await this.#connection[Symbol.asyncDispose]()
  }

  async #poll(key: string, newest: NewestManifest): Promise<void> {
    const client = this.#connection.client()
    if (client === undefined) return
    const stored = await directGet(client, CONTROL, controlSubject(key))
    if (typeof stored !== 'string') newest.polled(stored)
  }
}

const CONTROL = 'KV_CTL'

/** Servers put the sequence into what they repeat; without one the text is still the newest. */
function sequenceOf(message: Msg): number {
  return Number(message.headers?.get('Nats-Sequence') ?? 0)
}
