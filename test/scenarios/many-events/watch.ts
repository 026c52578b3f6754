import { loadIdentity } from '@roadstead/bus/identity.ts'
import { connectMasterBus } from '@roadstead/bus/nats/master-bus.ts'
import { type ControlEntry, type MasterBus, manifestKey, sliceKey } from '@roadstead/bus/ports.ts'
import { systemClock as clock } from '@roadstead/shared/kernel/clock.ts'
import { EdgeId, MasterId } from '@roadstead/shared/kernel/ids.ts'
import { silentLog as log } from '@roadstead/shared/kernel/log.ts'
import { systemRandom as random } from '@roadstead/shared/kernel/random.ts'
import type { EdgeStatus } from '@roadstead/shared/protocol/edge-status.ts'
import { Signed } from '@roadstead/shared/protocol/signed.ts'
import { TableManifest, TableSlice } from '@roadstead/shared/protocol/table.ts'
import { eventually } from '../../rig/eventually.ts'
import type { Told } from '../../rig/play.ts'
import type { Rig } from '../../rig/rig.ts'
import type { Crowd } from './crowd.ts'

/** A table as it was written: which containers serve in it. */
interface Shown {
  readonly version: number
  readonly containers: ReadonlySet<string>
}

/**
 * Reads along: every table that the leader writes, and every word of the edge. While it does, texts
 * are only kept: whoever is watched needs the processor more. They are read when somebody asks.
 */
export class Watch implements AsyncDisposable {
  readonly #edge: EdgeId
  readonly #site: string
  readonly #bus: MasterBus
  readonly #stop = new AbortController()
  readonly #reading: Promise<unknown>
  readonly #unread: ControlEntry[] = []
  readonly #textByKey = new Map<string, string>()
  readonly #containersByText = new Map<string, readonly string[]>()
  readonly #shown: Shown[] = []
  readonly #statuses: EdgeStatus[] = []

  private constructor(bus: MasterBus, site: string, edge: EdgeId) {
    this.#bus = bus
    this.#site = site
    this.#edge = edge
    this.#reading = Promise.all([this.#readTables(), this.#readStatuses()])
  }

  static async begin(rig: Rig): Promise<Watch> {
    const { identity, seed } = await loadIdentity(rig.masters[0]?.stateDir ?? '')
    const { natsUrl, site } = identity
    const id = MasterId.parse(identity.id)
    const bus = connectMasterBus({ natsUrl, seed, site, id, clock, random, log })
    const watch = new Watch(bus, site, EdgeId.parse(rig.edge().id))
    await eventually('a table', () => watch.tables > 0, { withinMs: 5_000 })
    return watch
  }

  /** How many it has seen: those written since it began, and the one that was there. */
  get tables(): number {
    this.#read()
    return this.#shown.length
  }

  latest(): Promise<EdgeStatus> {
    return eventually('a status', () => this.#statuses.at(-1), { withinMs: 5_000 })
  }

  /** The edge has the last table that was written, and that shows what became of the crowd. */
  hasTurned({ there, away }: Crowd): boolean {
    this.#read()
    const last = this.#shown.at(-1)
    if (last === undefined || this.#inForce() !== last.version) return false
    const { containers } = last
    return away.every(({ id }) => containers.has(id)) && !there.some(({ id }) => containers.has(id))
  }

  /** For everything that came or went: from its event until nginx answered by a table that shows it. */
  inForceMs(played: Told, crowd: Crowd): readonly number[] {
    return [
      ...crowd.there.map(({ id }) => this.#lag(timeOf(played, id, 'kill'), id, false)),
      ...crowd.away.map(({ id, hasCheck }) => {
        const action = hasCheck ? 'health_status: healthy' : 'start'
        return this.#lag(timeOf(played, id, action), id, true)
      }),
    ]
  }

  /** How long each hand had what came into force, by the traces: in milliseconds, unsorted. */
  hands(): Readonly<Record<string, readonly number[]>> {
    const applied = this.#statuses
      .flatMap((it) => it.applied ?? [])
      .filter(({ trace }) => trace.timeNano !== undefined)
    return {
      'engine to agent': applied.map(({ trace }) => trace.agentMs - Number(trace.timeNano) / 1e6),
      'agent to master': applied.map(({ trace }) => trace.masterMs - trace.agentMs),
      master: applied.map(({ trace }) => trace.writtenMs - trace.masterMs),
      'master to edge': applied.map(({ trace, acceptedMs }) => acceptedMs - trace.writtenMs),
      edge: applied.map(({ acceptedMs, answeringMs }) => answeringMs - acceptedMs),
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort()
    await this.#reading
    await this.#bus[Symbol.asyncDispose]()
  }

  #inForce(): number {
    return this.#statuses.at(-1)?.inForce?.version ?? 0
  }

  #lag(eventMs: number, id: string, serves: boolean): number {
    this.#read()
    const table = this.#shown.find(({ containers }) => containers.has(id) === serves)
    const version = table?.version ?? Infinity
    const status = this.#statuses.find((it) => (it.inForce?.version ?? 0) >= version)
    if (status?.applied === undefined) throw new Error(`${id} never came into force`)
    // A word of the edge that overtook the one before it makes the time longer, never shorter.
    return Math.round(status.applied.answeringMs - eventMs)
  }

  async #readTables(): Promise<void> {
    for await (const it of this.#bus.control.follow(this.#stop.signal)) {
      if (it.kind === 'message') this.#unread.push(it.value)
    }
  }

  async #readStatuses(): Promise<void> {
    for await (const it of this.#bus.followEdges(this.#stop.signal)) {
      if (it.kind === 'message') this.#statuses.push(it.value)
    }
  }

  #read(): void {
    const head = manifestKey(this.#site, this.#edge)
    for (const { key, text } of this.#unread.splice(0)) {
      if (text === undefined) continue
      this.#textByKey.set(key, text)
      if (key === head) this.#shown.push(this.#shownBy(text))
    }
  }

  #shownBy(head: string): Shown {
    const { body } = Signed.parse(JSON.parse(head))
    const { inline, slices, version } = TableManifest.parse(JSON.parse(body))
    const stored = (bucket: number): string =>
      this.#textByKey.get(sliceKey(this.#site, this.#edge, bucket)) ?? NO_SLICE
    const texts = slices.map((_, bucket) => inline?.[bucket] ?? stored(bucket))
    return { version, containers: new Set(texts.flatMap((text) => this.#containersIn(text))) }
  }

  #containersIn(text: string): readonly string[] {
    const known = this.#containersByText.get(text)
    if (known !== undefined) return known
    const { services } = TableSlice.parse(JSON.parse(text))
    const found = services.flatMap((it) => it.endpoints.map(({ container }) => container))
    this.#containersByText.set(text, found)
    return found
  }
}

const NO_SLICE = JSON.stringify({ services: [], routes: [] })

/** In milliseconds with a fraction. */
function timeOf({ events }: Told, id: string, action: string): number {
  const event = events.find((it) => it.id === id && it.action === action)
  if (event === undefined) throw new Error(`the engine never told of ${action} of ${id}`)
  return Number(BigInt(event.timeNano) / 1_000n) / 1_000
}
