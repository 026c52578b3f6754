import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createKey } from '@roadstead/bus/identity.ts'
import { signWith, verifySigned } from '@roadstead/bus/nkey.ts'
import { sha256 as digest } from '@roadstead/bus/sha256.ts'
import type { Clock } from '@roadstead/shared/kernel/clock.ts'
import { EdgeId, HostId, InstanceId, SiteId } from '@roadstead/shared/kernel/ids.ts'
import { silentLog as log } from '@roadstead/shared/kernel/log.ts'
import type { Signed } from '@roadstead/shared/protocol/signed.ts'
import type { TableManifest, TableSlice } from '@roadstead/shared/protocol/table.ts'
import { SHRINK_HOLD_MS } from '../core/shrink-guard.ts'
import { EdgeCell } from '../state.ts'
import { endpoint, plainTable, route, service } from '../testing/tables.ts'
import { followTables } from './follow-tables.ts'

const site = SiteId.parse('home')
const edge = EdgeId.parse('e1')
const leader = createKey()
const stranger = createKey()

/** The loop, a clock that stands until it is moved, and a bus that says what a test says. */
class Follower {
  readonly state = new EdgeCell()
  readonly stored = new Map<string, string>()
  trusted = [leader.publicKey]
  fetched = 0
  #nowMs = 0
  readonly #timers = new Set<{ readonly atMs: number; readonly task: () => void }>()

  /** The loop ends with the messages, as the bus does when it is stopped. */
  async hear(...messages: readonly (Signed | (() => void))[]): Promise<this> {
    const deps = {
      self: { site, edge },
      bus: {
        followManifests: () => said(messages),
        slice: (_edge: EdgeId, _bucket: number, hash: string) => {
          this.fetched += 1
          return Promise.resolve(this.stored.get(hash))
        },
      },
      trust: {
        verify: (signed: Signed) => verifySigned(signed, this.trusted).kind,
        refresh: () => Promise.resolve(),
      },
      state: this.state,
      digest,
      clock: this.#clock(),
      log,
    }
    await followTables(deps, new AbortController().signal)
    return this
  }

  pass(ms: number): void {
    this.#nowMs += ms
    for (const timer of this.#timers) if (timer.atMs <= this.#nowMs) timer.task()
  }

  get refusal(): string {
    const { outcome } = this.state
    return outcome.kind === 'refused' ? outcome.reason : outcome.kind
  }

  #clock(): Clock {
    return {
      wallMs: () => this.#nowMs,
      monoMs: () => this.#nowMs,
      sleep: () => Promise.resolve(),
      after: (ms, task) => {
        const timer = { atMs: this.#nowMs + ms, task }
        this.#timers.add(timer)
        return { [Symbol.dispose]: () => void this.#timers.delete(timer) }
      },
    }
  }
}

async function* said(messages: readonly (Signed | (() => void))[]): AsyncIterable<Signed> {
  for (const message of messages) {
    if (typeof message === 'function') message()
    else yield await Promise.resolve(message)
  }
}

const full: TableSlice = { ...slice(10) }
const half: TableSlice = { ...slice(4) }

function slice(domains: number): TableSlice {
  const it = plainTable(domains)
  return { services: [...it.services], routes: [...it.routes] }
}

function manifest(slices: readonly TableSlice[], more: Partial<TableManifest> = {}): TableManifest {
  const texts = slices.map((it) => JSON.stringify(it))
  return {
    v: 1,
    site,
    edge,
    epoch: 1,
    version: 1,
    instance: InstanceId.parse('a'),
    input: '0'.repeat(64),
    slices: texts.map(digest),
    inline: texts,
    witnesses: [],
    force: false,
    ...more,
  }
}

function signed(
  it: TableManifest,
  seed = leader.seed,
  purpose: Signed['purpose'] = 'table',
): Signed {
  return signWith(seed)(purpose, JSON.stringify(it))
}

test('a signed table of our master is wanted, and its stamp becomes the fence', async () => {
  const { state } = await new Follower().hear(signed(manifest([full], { epoch: 3 })))
  assert.equal(state.desired?.table.routes.length, 10)
  assert.deepEqual(state.fence.epochMax, 3)
})

const tampered = { ...signed(manifest([full])), body: JSON.stringify(manifest([half])) }
const refusals = [
  ['unknown-signer', signed(manifest([full]), stranger.seed)],
  ['bad-signature', tampered],
  ['bad-signature', signed(manifest([full]), leader.seed, 'command')],
  ['unreadable', signWith(leader.seed)('table', '{"v":1}')],
  ['unreadable', signWith(leader.seed)('table', 'not json')],
  ['wrong-edge', signed(manifest([full], { edge: EdgeId.parse('e2') }))],
  ['unreadable', signed(manifest([{ services: [], routes: [route('a.test', 'nobody')] }]))],
  ['unreadable', signed(manifest([full, full]))],
  ['unreadable', signed({ ...manifest([full]), inline: [JSON.stringify(half)] })],
] as const

for (const [reason, message] of refusals) {
  test(`refused as ${reason}, and nothing is wanted: ${message.body.slice(0, 60)}`, async () => {
    const follower = await new Follower().hear(message)
    assert.equal(follower.refusal, reason)
    assert.equal(follower.state.desired, undefined)
  })
}

test('slices that do not ride along are fetched once, and one that is missing is waited for', async () => {
  const follower = new Follower()
  const { inline: _inline, ...head } = manifest([full, { services: [], routes: [] }])
  const message = signed(head)
  await follower.hear(message)
  assert.equal(follower.refusal, 'missing-slice')
  for (const it of [full, { services: [], routes: [] }])
    follower.stored.set(digest(JSON.stringify(it)), JSON.stringify(it))
  await follower.hear(message)
  assert.equal(follower.state.desired?.table.routes.length, 10)
})

test('a late table and a second instance are refused; the same one again clears that', async () => {
  const follower = new Follower()
  const first = signed(manifest([full], { epoch: 2, version: 5 }))
  await follower.hear(first, signed(manifest([half], { epoch: 1, version: 9 })))
  assert.equal(follower.refusal, 'old-epoch')
  await follower.hear(
    signed(manifest([half], { epoch: 2, version: 6, instance: InstanceId.parse('b') })),
  )
  assert.equal(follower.refusal, 'second-instance')
  await follower.hear(first)
  assert.equal(follower.refusal, 'unchanged')
  assert.equal(follower.state.desired?.stamp.version, 5)
})

async function withFullInForce(): Promise<Follower> {
  const follower = await new Follower().hear(signed(manifest([full])))
  const { desired } = follower.state
  assert.ok(desired !== undefined)
  follower.state.inForce = {
    ...desired,
    generation: '0'.repeat(16),
    file: '0'.repeat(16),
    entries: undefined,
    since: '',
  }
  return follower
}

test('a table that forgets too much is held for 30 seconds, also when it is said again', async () => {
  const follower = await withFullInForce()
  const shrunk = signed(manifest([half], { version: 2 }))
  await follower.hear(
    shrunk,
    () => follower.pass(SHRINK_HOLD_MS - 1),
    shrunk,
    () => assert.equal(follower.refusal, 'held'),
    () => follower.pass(1),
  )
  assert.equal(follower.state.desired?.stamp.version, 2)
})

test('a newer and better table ends the wait at once', async () => {
  const follower = await withFullInForce()
  await follower.hear(
    signed(manifest([half], { version: 2 })),
    signed(manifest([full], { version: 3 })),
  )
  assert.equal(follower.state.desired?.stamp.version, 3)
})

test('with evidence or by force it passes at once', async () => {
  for (const more of [{ witnesses: [HostId.parse('alpha')] }, { force: true }]) {
    const follower = await withFullInForce()
    await follower.hear(signed(manifest([half], { version: 2, ...more })))
    assert.equal(follower.state.desired?.stamp.version, 2)
  }
})

test('a held table does not move the fence, so an empty bus cannot wear it out', async () => {
  const follower = await withFullInForce()
  await follower.hear(
    signed(manifest([{ services: [service('s', endpoint(1))], routes: [] }], { version: 9 })),
  )
  assert.equal(follower.refusal, 'held')
  assert.equal(follower.state.fence.stamp?.version, 1)
})

test('objects that a table names are wanted with it, and by a new life that has the table', async () => {
  const objects = [{ kind: 'users', name: 'team', version: '1'.repeat(16) } as const]
  const message = signed(manifest([full], { objects }))
  const { state } = await new Follower().hear(message)
  assert.deepEqual(state.wantedObjects, objects)

  const restarted = new Follower()
  restarted.state.fence = state.fence
  restarted.state.desired = state.desired
  await restarted.hear(message)
  assert.deepEqual(restarted.state.wantedObjects, objects)
})

test('after a restart with an older table, the one that the fence names is taken again', async () => {
  const message = signed(manifest([full], { version: 7 }))
  const { state } = await new Follower().hear(message)
  const desired = state.desired
  assert.ok(desired !== undefined)

  const restarted = new Follower()
  restarted.state.fence = state.fence
  restarted.state.desired = { ...desired, stamp: { ...desired.stamp, version: 6 } }
  await restarted.hear(message)
  assert.equal(restarted.state.desired.stamp.version, 7)
})
