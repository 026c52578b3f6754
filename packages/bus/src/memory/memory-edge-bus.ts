import { Bell } from '@roadstead/shared/kernel/bell.ts'
import type { EdgeId } from '@roadstead/shared/kernel/ids.ts'
import { EVENT_BYTES_MAX } from '@roadstead/shared/kernel/limits.ts'
import { jitter } from '@roadstead/shared/kernel/random.ts'
import type { EdgeStatus } from '@roadstead/shared/protocol/edge-status.ts'
import type { RequestReport } from '@roadstead/shared/protocol/request-report.ts'
import type { Signed } from '@roadstead/shared/protocol/signed.ts'
import { encodeWithin } from '../codec.ts'
import { NewestManifest } from '../newest-manifest.ts'
import { type EdgeBus, type Link, manifestKey, objectKey, sliceKey, type Stored } from '../ports.ts'
import { sha256 } from '../sha256.ts'
import {
  controlSubject,
  edgeStatusSubject,
  republishedSubject,
  requestsSubject,
} from '../subjects.ts'
import type { MemoryBus } from './memory-bus.ts'

const POLL_MS = 5_000
const POLL_JITTER = 0.2

export class MemoryEdgeBus implements EdgeBus {
  readonly #bus: MemoryBus
  readonly #id: EdgeId
  readonly #who: string

  constructor(bus: MemoryBus, id: EdgeId, who: string) {
    this.#bus = bus
    this.#id = id
    this.#who = who
  }

  get link(): Link {
    return this.#bus.network.link(this.#who)
  }

  async *followManifests(edge: EdgeId, signal: AbortSignal): AsyncGenerator<Signed, void> {
    const { network, site } = this.#bus
    const key = manifestKey(site, edge)
    const newest = new NewestManifest()
    const bell = new Bell()
    let pollDueMs = network.clock.monoMs()
    using _pushed = network.subscribe(this.#who, republishedSubject(key), (message) => {
      newest.pushed(message)
      bell.ring()
    })
    using _link = this.link.onChange(() => {
      pollDueMs = network.clock.monoMs()
      bell.ring()
    })
    while (!signal.aborted) {
      if (network.clock.monoMs() >= pollDueMs) {
        pollDueMs = network.clock.monoMs() + jitter(POLL_MS, POLL_JITTER, network.random)
        const stored = await this.#get(key)
        if (stored !== undefined) newest.polled(stored)
      }
      const manifest = newest.take()
      if (manifest !== undefined) yield manifest
      else await this.#rest(pollDueMs, bell, signal)
    }
  }

  async slice(edge: EdgeId, bucket: number, digest: string): Promise<string | undefined> {
    const stored = await this.#get(sliceKey(this.#bus.site, edge, bucket))
    return stored !== undefined && sha256(stored.text) === digest ? stored.text : undefined
  }

  async object(edge: EdgeId, named: Parameters<EdgeBus['object']>[1]): Promise<string | undefined> {
    const stored = await this.#get(objectKey(this.#bus.site, edge, named))
    return stored !== undefined && sha256(stored.text) === named.digest ? stored.text : undefined
  }

  async report(status: EdgeStatus): Promise<Stored> {
    const text = encodeWithin(status, EVENT_BYTES_MAX)
    if (text === undefined)
      return { kind: 'refused', error: 'the status is too large', full: false }
    const subject = edgeStatusSubject(this.#bus.site, this.#id)
    return this.#bus.store(this.#who, 'EDGE', subject, text)
  }

  tellRequests(report: RequestReport): boolean {
    const { network, site } = this.#bus
    const text = encodeWithin(report, EVENT_BYTES_MAX)
    if (text === undefined || !this.link.connected()) return false
    network.publish(this.#who, requestsSubject(site, this.#id), text)
    return true
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // Nothing is open.
  }

  async #rest(untilMs: number, bell: Bell, signal: AbortSignal): Promise<void> {
    const { clock } = this.#bus.network
    using _timer = clock.after(untilMs - clock.monoMs(), () => bell.ring())
    await bell.rung(signal)
  }

  async #get(key: string): Promise<{ seq: number; text: string } | undefined> {
    const kept = await this.#bus.network.ask(this.#who, () =>
      this.#bus.stream('KV_CTL').lastOf(controlSubject(key)),
    )
    if (kept === undefined || kept.value.deleted) return undefined
    return { seq: kept.seq, text: kept.value.text }
  }
}
