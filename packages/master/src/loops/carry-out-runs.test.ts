import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { sha256 as digest } from '@roadstead/bus/sha256.ts'
import { InstanceId } from '@roadstead/shared/kernel/ids.ts'
import { silentLog as log } from '@roadstead/shared/kernel/log.ts'
import { Lease } from '@roadstead/shared/protocol/lease.ts'
import { type Run, RunId } from '@roadstead/shared/protocol/run.ts'
import { exampleContainer, exampleId, exampleSnapshot, exampleStamp } from '../core/examples.ts'
import type { DecisionChange } from '../core/graph/fold.ts'
import { defaultPolicy as policy } from '../core/routes/policy.ts'
import { drainKey } from '../core/runs/refs.ts'
import { writesOf } from '../core/runs/run-file.ts'
import { MasterState } from '../state.ts'
import { ManualClock, settled } from '../testing/manual-clock.ts'
import { carryOutRuns } from './carry-out-runs.ts'
import { LetGoDesk } from './let-go-desk.ts'

const { host } = exampleStamp('alpha', 1)
const ref = { host, container: exampleId(1) }
const labels = { 'roadstead.host': 'shop.example.com' }

test('what changes no run and no drain costs no round, and a burst of it no more', async () => {
  await using leader = new Leader()
  await settled()
  const before = leader.rounds
  for (let claims = 0; claims < 100; claims += 1) await leader.change()
  assert.equal(leader.rounds, before)
  leader.state.hear(drainOf('ffffffffffffffff'))
  await leader.clock.pass(10)
  assert.equal(leader.rounds, before + 1)
})

test('while a run is under way, a thousand changes in a second are a hundred rounds', async () => {
  await using leader = new Leader()
  for (const write of writesOf(restart, undefined)) leader.state.hear(write)
  await leader.clock.pass(100)
  const before = leader.rounds
  for (let changes = 0; changes < 1_000; changes += 1) {
    await leader.change()
    await leader.clock.pass(1)
  }
  const rounds = leader.rounds - before
  assert.ok(rounds >= 50 && rounds <= 101, `${rounds} rounds`)
})

test('what a run left behind is cleared away, also while the fleet changes all the time', async () => {
  await using leader = new Leader()
  await settled()
  leader.state.hear(drainOf('ffffffffffffffff'))
  for (let changes = 0; changes < 600 && leader.state.graph.drains.size > 0; changes += 1) {
    await leader.change()
    await leader.clock.pass(10)
  }
  assert.equal(leader.state.graph.drains.size, 0)
})

function drainOf(run: string): DecisionChange {
  const words = { by: 'me', why: '', since: 'then', run: RunId.parse(run) }
  return { kind: 'decision', key: drainKey(ref), decision: { kind: 'drain', ...ref, ...words } }
}

const restart: Run = {
  id: RunId.parse('00000000000000aa'),
  verb: 'restart',
  target: 'alpha/c1',
  by: 'me',
  why: '',
  since: '2026-01-01T00:00:00.000Z',
  atOnce: 1,
  state: 'running',
  members: [{ ...ref, path: 'alpha/c1', phase: 'acting', startedAt: '2026-01-01T00:00:01Z' }],
  log: [],
}

/** The loop on a clock of its own, over a state that is real. */
class Leader implements AsyncDisposable {
  readonly state = new MasterState({ policy, digest })
  readonly clock = new ManualClock()
  rounds = 0
  readonly #stop = new AbortController()
  readonly #loop: Promise<void>
  #seq = 1

  constructor() {
    this.state.hear(exampleSnapshot(exampleStamp('alpha', 1), [exampleContainer(1, { labels })]))
    const instance = InstanceId.parse('m1')
    const lease = Lease.parse({ ...LEASE, instance })
    const { state } = this
    const counted = { onCaughtUp: nothing, isCaughtUp: true, isSettled: true }
    this.#loop = carryOutRuns(
      {
        leadership: {
          state: () => ({ kind: 'leader', epoch: 1, instance, lease }),
          onChange: nothing,
        },
        // A round looks at the tables; nothing else does.
        state: new Proxy(state, {
          get: (target, name) => {
            if (name === 'tables') this.rounds += 1
            const value: unknown = Reflect.get(target, name)
            return typeof value === 'function' ? value.bind(target) : value
          },
        }),
        settle: counted,
        pen: {
          write: async (drafts) => {
            for (const draft of drafts) state.hear(draft)
          },
        },
        desk: new LetGoDesk(this.clock),
        send: async () => ({ kind: 'unreachable' }),
        count: () => undefined,
        clock: this.clock,
        log,
      },
      this.#stop.signal,
    )
  }

  /** A container changes, and no run is concerned. */
  async change(): Promise<void> {
    const seq = (this.#seq += 1)
    const changed = exampleContainer(2, { restartCount: seq })
    this.state.hear(exampleSnapshot(exampleStamp('alpha', seq), [this.#first, changed]))
    await turn()
  }

  readonly #first = exampleContainer(1, { labels })

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort()
    await this.#loop
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
