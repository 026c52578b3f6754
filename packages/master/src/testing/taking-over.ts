import { createKey } from '@roadstead/bus/identity.ts'
import { signWith } from '@roadstead/bus/nkey.ts'
import { manifestKey } from '@roadstead/bus/ports.ts'
import { sha256 as digest } from '@roadstead/bus/sha256.ts'
import { EdgeId, InstanceId, SiteId } from '@roadstead/shared/kernel/ids.ts'
import { silentLog as log } from '@roadstead/shared/kernel/log.ts'
import type { Container } from '@roadstead/shared/protocol/container.ts'
import { EdgeStatus } from '@roadstead/shared/protocol/edge-status.ts'
import { Heartbeat } from '@roadstead/shared/protocol/heartbeat.ts'
import { Lease } from '@roadstead/shared/protocol/lease.ts'
import { Signed } from '@roadstead/shared/protocol/signed.ts'
import { TableManifest, TableSlice } from '@roadstead/shared/protocol/table.ts'
import { exampleContainer, exampleSnapshot, exampleStamp } from '../core/examples.ts'
import { InputDigests } from '../core/routes/input-digests.ts'
import { defaultPolicy as policy } from '../core/routes/policy.ts'
import type { LeadershipState, LeaderWrite } from '../loops/leadership.ts'
import { publishTables } from '../loops/publish-tables.ts'
import { MasterState } from '../state.ts'
import { ManualClock, settled } from './manual-clock.ts'

const site = SiteId.parse('main')
export const edge = EdgeId.parse('front')
const instance = InstanceId.parse('m1')
/** With it a statement was made just now. */
export const cause = { cause: { action: 'start', seenAtMs: 0 }, masterMs: 0 } as const
export const web = (number: number): Container =>
  exampleContainer(number, {
    labels: { 'roadstead.host': 'shop.example', 'roadstead.service': 'shop' },
    ports: [
      {
        port: 80,
        protocol: 'tcp',
        exposed: true,
        published: [{ address: '0.0.0.0', port: 8_000 + number }],
      },
    ],
  })

/** A leader in its first moments, and an edge that has what the leader before it knew. */
export class TakingOver implements AsyncDisposable {
  readonly clock = new ManualClock()
  readonly state = new MasterState({ policy, digest })
  readonly #stop = new AbortController()
  readonly #listeners = new Set<() => void>()
  readonly #epoch: number
  #isCaughtUp = false
  #isSettled = false
  #head: TableManifest | undefined
  #loop: Promise<void> = Promise.resolve()
  writes = 0

  private constructor(epoch: number) {
    this.#epoch = epoch
    this.state.hearEdge(edge, { status: EdgeStatus.parse(STATUS), monoMs: 0 })
  }

  /** What each host of the leader before had. */
  static async after(hosts: Readonly<Record<string, readonly number[]>>): Promise<TakingOver> {
    await using before = new TakingOver(1)
    for (const [host, numbers] of Object.entries(hosts)) before.says(host, numbers)
    before.settle()
    before.#begin()
    before.readAll()
    await settled()
    const leader = new TakingOver(2)
    leader.#head = before.#head
    leader.state.setDesired(edge, before.#head)
    leader.#begin()
    await settled()
    return leader
  }

  says(host: string, numbers: readonly number[]): void {
    this.state.hear(exampleSnapshot(exampleStamp(host, 1), numbers.map(web)), cause)
  }

  beats(name: string, seq: number): void {
    const stamp = exampleStamp(name, seq)
    const beat = Heartbeat.parse({ ...BEAT, stamp })
    this.state.hearHost(stamp.host, { beat, atMs: 0, skewMs: 0, disagreements: 0 })
  }

  readAll(): void {
    this.#isCaughtUp = true
    for (const listener of this.#listeners) listener()
  }

  settle(): void {
    this.#isSettled = true
  }

  /** Numbers of the containers that the edge is to send requests to. */
  served(): readonly number[] {
    const slices = (this.#head?.inline ?? []).flatMap((text) =>
      text === null ? [] : [TableSlice.parse(JSON.parse(text))],
    )
    const ids = slices.flatMap(({ services }) =>
      services.flatMap(({ endpoints }) => endpoints.map(({ container }) => container)),
    )
    return ids.map((id) => Number.parseInt(id, 16)).toSorted((a, b) => a - b)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort()
    await this.#loop
  }

  #begin(): void {
    const lease = Lease.parse({ ...LEASE, epoch: this.#epoch })
    const state = (): LeadershipState => ({ kind: 'leader', epoch: this.#epoch, instance, lease })
    const deps = {
      site,
      leadership: { state, onChange: nothing, write: (...words) => this.#write(...words) },
      control: { read: () => Promise.resolve(undefined) },
      state: this.state,
      sign: signWith(createKey().seed),
      inputs: new InputDigests(digest),
      digest,
      settle: this.#settle(),
      isForced: () => false,
      clock: this.clock,
      log,
      count: () => undefined,
    } satisfies Parameters<typeof publishTables>[0]
    this.#loop = publishTables(deps, this.#stop.signal)
  }

  #settle() {
    const now = () => ({ isCaughtUp: this.#isCaughtUp, isSettled: this.#isSettled })
    const listeners = this.#listeners
    return {
      get isCaughtUp() {
        return now().isCaughtUp
      },
      get isSettled() {
        return now().isSettled
      },
      onCaughtUp(listener: () => void): Disposable {
        listeners.add(listener)
        return nothing()
      },
    }
  }

  async #write(key: string, text: string | undefined): Promise<LeaderWrite> {
    this.writes += 1
    if (key === manifestKey(site, edge)) {
      const { body } = Signed.parse(JSON.parse(text ?? ''))
      this.#head = TableManifest.parse(JSON.parse(body))
      this.state.setDesired(edge, this.#head)
    }
    return { kind: 'stored', seq: this.writes }
  }
}

function nothing(): Disposable {
  return { [Symbol.dispose]: () => undefined }
}

const STATUS = {
  v: 1,
  site,
  edge,
  instance: 'life',
  name: 'front',
  addresses: ['192.0.2.99'],
  httpPort: 80,
  epochMax: 0,
  inForce: { epoch: 1, version: 1, instance, generation: 'g', since: '', routes: 1, endpoints: 1 },
  outcome: { kind: 'none' },
  tier: 'live',
  tierReason: '',
  nginx: { version: '', running: true, reloads: 0, oldGenerations: 0 },
  quarantined: [],
  checks: [],
  sentAtMs: 0,
}

const BEAT = {
  v: 1,
  stateHash: '0'.repeat(16),
  engine: 'answering',
  engineSince: '',
  spooled: 0,
  nonce: '0'.repeat(32),
  sentAtMs: 0,
  stopping: false,
}

const LEASE = {
  v: 1,
  holder: 'm1',
  instance,
  leaseMs: 2_000,
  renewal: 0,
  url: 'http://m1',
  host: 'm1',
  pid: 1,
  since: '2026-01-01T00:00:00.000Z',
}
