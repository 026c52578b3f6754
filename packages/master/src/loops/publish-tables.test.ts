import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { createKey } from '@roadstead/bus/identity.ts'
import { signWith } from '@roadstead/bus/nkey.ts'
import { manifestKey, sliceKey } from '@roadstead/bus/ports.ts'
import { sha256 as digest } from '@roadstead/bus/sha256.ts'
import type { Clock } from '@roadstead/shared/kernel/clock.ts'
import { EdgeId, InstanceId, SiteId } from '@roadstead/shared/kernel/ids.ts'
import { silentLog as log } from '@roadstead/shared/kernel/log.ts'
import { Lease } from '@roadstead/shared/protocol/lease.ts'
import { Signed } from '@roadstead/shared/protocol/signed.ts'
import { TableManifest } from '@roadstead/shared/protocol/table.ts'
import { exampleContainer, exampleSnapshot, exampleStamp } from '../core/examples.ts'
import { foldAll } from '../core/graph/fold.ts'
import { emptyGraph } from '../core/graph/graph.ts'
import { deriveAll } from '../core/routes/derive.ts'
import { tableForEdge } from '../core/routes/edge-table.ts'
import { encodeTable } from '../core/routes/encode.ts'
import { InputDigests } from '../core/routes/input-digests.ts'
import { defaultPolicy as policy } from '../core/routes/policy.ts'
import type { LeaderWrite, LeadershipState } from './leadership.ts'
import { type PublishedState, publishTables } from './publish-tables.ts'

const site = SiteId.parse('main')
const edge = EdgeId.parse('front')
const HEAD = manifestKey(site, edge)
const facts = { edge, host: exampleStamp('alpha', 1).host, addresses: ['192.0.2.9'], httpPort: 80 }

const CONTAINERS = 320
const BUCKETS = 8

const fates = fc.array(fc.constantFrom('stored', 'stored', 'lost', 'landed unnoticed'), {
  maxLength: 60,
})
/** A container, and the time that passes before it changes: within a burst, or after a calm. */
const changes = fc.array(fc.tuple(fc.nat(CONTAINERS - 1), fc.constantFrom(0, 10, 30, 150)), {
  minLength: 1,
  maxLength: 24,
})

test('whatever is lost, each slice that the head names is in it or stored as named', async () => {
  await fc.assert(
    fc.asyncProperty(fates, changes, async (fate, changed) => {
      const stream = new Stream(fate)
      await using leader = new Leader(stream)
      for (const [container, afterMs] of changed) {
        await leader.rest(afterMs)
        await leader.change(container)
      }
      stream.heal()
      await leader.rest(1_000)
      await leader.change(0)
      assert.deepEqual(stream.texts(), leader.texts, 'the last one arrives')
    }),
    { numRuns: 20 },
  )
})

test('a few tables go at once, and a burst is one of them every 50 ms', async () => {
  const stream = new Stream([])
  await using leader = new Leader(stream)
  await leader.rest(1_000)
  const { heads, slices } = stream
  for (let changed = 1; changed <= 4; changed += 1) {
    await leader.change(changed)
    assert.deepEqual(stream.texts(), leader.texts, 'at once')
  }
  for (let changed = 5; changed <= 205; changed += 1) {
    await leader.rest(5)
    await leader.change(changed)
  }
  const tables = stream.heads - heads
  assert.ok(tables >= 20 && tables <= 29, `${tables} tables in a second`)
  assert.equal(stream.slices, slices, 'what rides is not stored as well in a burst')
  await leader.rest(50)
  assert.deepEqual(stream.texts(), leader.texts, 'the last one comes by itself')
  await leader.rest(100)
  assert.ok(stream.slices > slices, 'but in a calm')
})

/** The control stream, looked at after every write as by an edge that starts just then. */
class Stream {
  #fates: string[]
  readonly #entries = new Map<string, string>()
  heads = 0
  slices = 0

  constructor(fate: readonly string[]) {
    this.#fates = [...fate]
  }

  heal(): void {
    this.#fates = []
  }

  write(key: string, text: string | undefined): Promise<LeaderWrite> {
    const fate = this.#fates.shift() ?? 'stored'
    if (fate !== 'lost') this.#entries.set(key, text ?? '')
    if (key === HEAD) this.heads += 1
    else this.slices += 1
    if (this.#entries.has(HEAD)) this.texts()
    const seq = this.#entries.size
    return Promise.resolve(
      fate === 'stored' ? { kind: 'stored', seq } : { kind: 'failed', error: fate },
    )
  }

  texts(): readonly string[] {
    const { body } = Signed.parse(JSON.parse(this.#entries.get(HEAD) ?? ''))
    const { inline, slices } = TableManifest.parse(JSON.parse(body))
    return slices.map((hash, bucket) => {
      const text = inline?.[bucket] ?? this.#entries.get(sliceKey(site, edge, bucket)) ?? ''
      assert.equal(digest(text), hash, `bucket ${bucket}`)
      return text
    })
  }
}

/** The loop over a table that is small enough to ride, and too large to ride each time. */
class Leader implements AsyncDisposable {
  readonly #containers = Array.from({ length: CONTAINERS }, (_, index) =>
    exampleContainer(index, { labels: { 'roadstead.host': `s${index}.example` } }),
  )
  readonly #stop = new AbortController()
  readonly #loop: Promise<void>
  #own = this.#derive()
  #ring = (): void => undefined
  #nowMs = 0
  #idle = Promise.withResolvers<void>()

  constructor(stream: Stream) {
    const instance = InstanceId.parse('m1')
    const lease = Lease.parse({ ...LEASE, instance })
    const state = (): LeadershipState => ({ kind: 'leader', epoch: 1, instance, lease })
    const write = (key: string, text: string | undefined) => stream.write(key, text)
    const deps = {
      site,
      leadership: { state, write, onChange: nothing },
      control: { read: () => Promise.resolve(undefined) },
      state: this.#state(),
      sign: signWith(createKey().seed),
      inputs: new InputDigests(digest),
      digest,
      settle: { isCaughtUp: true, isSettled: true, onCaughtUp: nothing },
      isForced: () => false,
      clock: this.#clock(),
      log,
      count: () => undefined,
    }
    this.#loop = publishTables(deps, this.#stop.signal)
  }

  get texts(): readonly string[] {
    return this.#own.encoded.slices.map(({ text }) => text)
  }

  /** Time passes, and the loop looks. */
  async rest(ms: number): Promise<void> {
    await this.#idle.promise
    this.#nowMs += ms
    await this.#look()
  }

  async change(index: number): Promise<void> {
    await this.#idle.promise
    const before = this.#containers[index]
    const accepting = before?.accepting.length === 0 ? [80] : []
    if (before !== undefined) this.#containers[index] = { ...before, accepting }
    this.#own = this.#derive()
    await this.#look()
  }

  async #look(): Promise<void> {
    this.#idle = Promise.withResolvers()
    this.#ring()
    await this.#idle.promise
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort()
    await this.#loop
  }

  #derive() {
    const snapshot = exampleSnapshot(exampleStamp('alpha', 1), this.#containers)
    const { graph } = foldAll(emptyGraph, [snapshot])
    const table = tableForEdge(deriveAll(graph, { policy, digest }).table, graph, facts)
    return { graph, table, encoded: encodeTable(table, BUCKETS, digest) }
  }

  #state(): PublishedState {
    const own = () => this.#own
    return {
      get graph() {
        return own().graph
      },
      policy,
      get tables() {
        return new Map([[edge, own()]])
      },
      desired: new Map(),
      headsRead: new Map(),
      isHeard: () => true,
      awaited: () => new Set(),
      servesAnything: () => true,
      takeCause: () => undefined,
      mentionedTo: () => ({ mentions: [], text: '' }),
      subscribe: (topics, listener) => {
        if (topics.includes('graph')) this.#ring = listener
        return nothing()
      },
    }
  }

  /** Asked for a timer whenever the loop has done all it can. */
  #clock(): Clock {
    const after = (): Disposable => {
      this.#idle.resolve()
      return nothing()
    }
    const monoMs = () => this.#nowMs
    return { wallMs: () => 0, monoMs, sleep: () => Promise.resolve(), after }
  }
}

function nothing(): Disposable {
  return { [Symbol.dispose]: () => undefined }
}

const LEASE = {
  v: 1,
  holder: 'm1',
  epoch: 1,
  leaseMs: 2_000,
  renewal: 0,
  url: 'http://m1',
  host: 'm1',
  pid: 1,
  since: '2026-01-01T00:00:00.000Z',
}
