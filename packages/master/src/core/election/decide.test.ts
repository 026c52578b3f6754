import assert from 'node:assert/strict'
import { test } from 'node:test'
import { InstanceId, MasterId } from '@roadstead/shared/kernel/ids.ts'
import { seededRandom } from '@roadstead/shared/kernel/random.ts'
import { Lease } from '@roadstead/shared/protocol/lease.ts'
import fc from 'fast-check'
import {
  type Candidate,
  decide,
  type Election,
  type Input,
  isActing,
  type Leader,
  POLL_SHARE,
  type Self,
  VALID_SHARE,
} from './decide.ts'
import { settle } from './settle.ts'

const LEASE_MS = 2_000
const POLL_MS = LEASE_MS * POLL_SHARE
const noFloors = { acceptedMax: 0, contestedMax: 0 }
const me = aSelf('m1')
const other = aSelf('m2')
const start: Candidate = { kind: 'candidate', floor: 0 }

test('the first candidate on an empty stream claims epoch 1 on the sequence it read', () => {
  const { effects } = decide(start, read(0, 0), me)

  assert.equal(effects.length, 1)
  const [claim] = effects
  assert.ok(claim?.kind === 'claim')
  assert.equal(claim.expectedLast, 0)
  assert.deepEqual([claim.lease.epoch, claim.lease.holder], [1, me.master])
})

test('a lease that keeps changing is never claimed', () => {
  let state: Election = start
  for (let seq = 1; seq < 100; seq += 1) {
    const decision = decide(state, read(seq * 500, seq, aLease(other, 1)), me)
    assert.deepEqual(decision.effects, [])
    state = decision.state
  }
})

test('a lease that stays the same is claimed after its length, one epoch above', () => {
  const { claimedAtMs, epoch } = pollUntilClaim((ms) => read(ms, 7, aLease(other, 4)))

  assert.equal(epoch, 5)
  assert.ok(claimedAtMs >= LEASE_MS && claimedAtMs <= LEASE_MS + 2 * POLL_MS, `${claimedAtMs} ms`)
})

test('time in which nothing could be read does not age a lease', () => {
  let state = decide(start, read(0, 7, aLease(other, 4)), me).state
  for (let ms = POLL_MS; ms < 60_000; ms += POLL_MS) {
    state = decide(state, { kind: 'blind', nowMs: ms }, me).state
  }

  assert.deepEqual(decide(state, read(60_000, 7, aLease(other, 4)), me).effects, [])
})

test('a candidate that slept for an hour does not take its sleep for the leader’s (I7)', () => {
  const { state } = decide(start, read(0, 7, aLease(other, 4)), me)

  assert.deepEqual(decide(state, read(3_600_000, 7, aLease(other, 4)), me).effects, [])
})

test('a released lease is claimed at once', () => {
  const { effects } = decide(start, read(0, 7, { ...aLease(other, 4), holder: null }), me)

  assert.equal(effects[0]?.kind, 'claim')
})

test('an epoch is claimed above the lease, the disk, and every edge', () => {
  const epochOf = (floor: number, acceptedMax: number, contestedMax: number, lease?: Lease) => {
    const input = { ...read(0, lease ? 1 : 0, lease), floors: { acceptedMax, contestedMax } }
    const [effect] = decide({ kind: 'candidate', floor }, input, me).effects
    return effect?.kind === 'claim' ? effect.lease.epoch : undefined
  }

  assert.equal(epochOf(3, 0, 0), 4)
  assert.equal(epochOf(3, 9, 0), 10)
  assert.equal(epochOf(3, 9, 12), 13)
  assert.equal(epochOf(3, 9, 12, { ...aLease(other, 20), holder: null }), 21)
})

test('a candidate remembers the epochs it saw, also when the stream forgets them', () => {
  const { state } = decide(start, read(0, 7, aLease(other, 4)), me)

  const [claim] = decide(state, read(100, 0), me).effects

  assert.ok(claim?.kind === 'claim')
  assert.equal(claim.lease.epoch, 5)
})

test('a candidate remembers the epoch of a lease that was overwritten before it looked', () => {
  const { state } = decide({ kind: 'candidate', floor: 4 }, { kind: 'hint', epoch: 5 }, me)

  const [claim] = decide(state, read(100, 9), me).effects

  assert.ok(claim?.kind === 'claim')
  assert.equal(claim.lease.epoch, 6)
})

test('a new leader keeps its epoch on disk before it writes anything', () => {
  const { state, effects } = leading(0)

  assert.deepEqual(
    effects.map((it) => it.kind),
    ['persist-epoch', 'lead'],
  )
  assert.ok(isActing(state, 0))
})

test('a leader acts for two thirds of the lease, counted from before it asked', () => {
  const { state } = leading(1_000)

  assert.ok(isActing(state, 1_000 + LEASE_MS * VALID_SHARE - 1))
  assert.ok(!isActing(state, 1_000 + LEASE_MS * VALID_SHARE))
})

test('a suspended leader goes on renewing, and resumes in the same epoch', () => {
  let { state } = leading(0)
  for (let ms = 500; ms < 10_000; ms += 500) {
    const tick = decide(state, { kind: 'tick', nowMs: ms, floors: noFloors }, me)
    assert.equal(tick.effects[0]?.kind, 'renew')
    state = decide(tick.state, { kind: 'renewal-unknown', nowMs: ms }, me).state
  }
  assert.ok(!isActing(state, 10_000))

  const tick = decide(state, { kind: 'tick', nowMs: 10_000, floors: noFloors }, me)
  const [renew] = tick.effects
  assert.ok(renew?.kind === 'renew')
  state = decide(tick.state, { kind: 'renewed', lease: renew.lease, sentMs: 10_000 }, me).state

  assert.ok(isActing(state, 10_001))
  assert.equal(state.kind === 'leader' && state.lease.epoch, 1)
})

test('an edge that knows a higher epoch, or contests this one, makes the leader claim above', () => {
  for (const floors of [
    { acceptedMax: 6, contestedMax: 0 },
    { acceptedMax: 1, contestedMax: 1 },
  ]) {
    const { state } = leading(0)
    const { effects } = decide(state, { kind: 'tick', nowMs: 1, floors }, me)
    const [renew] = effects
    assert.ok(renew?.kind === 'renew')
    assert.ok(renew.lease.epoch > Math.max(floors.acceptedMax, floors.contestedMax))

    const raised = decide(state, { kind: 'renewed', lease: renew.lease, sentMs: 1 }, me)
    assert.deepEqual(raised.effects, [{ kind: 'persist-epoch', epoch: renew.lease.epoch }])
  }
})

test('a claim whose answer got lost is found again, and acts only after a renewal', () => {
  const { state, effects } = decide(start, read(5_000, 3, aLease(me, 1)), me)

  assert.ok(effects.some((it) => it.kind === 'lead' && it.last === 3))
  assert.ok(!isActing(state, 5_000))
  const tick = decide(state, { kind: 'tick', nowMs: 5_000, floors: noFloors }, me)
  assert.equal(tick.effects[0]?.kind, 'renew')
})

test('a stream that went back to an epoch of ours is led from the next epoch, not from that one', () => {
  const deposed = decide(leading(0).state, { kind: 'deposed' }, me)
  assert.deepEqual(deposed.effects, [{ kind: 'stand-down' }])

  const [claim] = decide(deposed.state, read(9_000, 2, aLease(me, 1)), me).effects

  assert.ok(claim?.kind === 'claim')
  assert.equal(claim.lease.epoch, 2)
})

test('a clean stop gives the lease back and ends the writing', () => {
  const { effects } = decide(leading(0).state, { kind: 'stop' }, me)

  assert.deepEqual(
    effects.map((it) => it.kind),
    ['release', 'stand-down'],
  )
  assert.ok(effects[0]?.kind === 'release' && effects[0].lease.holder === null)
})

test('what a refused write means follows from the stream alone', () => {
  const mine = aLease(me, 3)
  const ours = settle(mine, 10, { last: 11, lease: mine })
  assert.deepEqual(ours, { kind: 'ours', last: 11 })
  assert.equal(settle(mine, 10, { last: 10, lease: mine }).kind, 'ours')
  assert.equal(settle(mine, 10, { last: 11, lease: aLease(other, 4) }).kind, 'lost')
  assert.equal(settle(mine, 10, { last: 11, lease: { ...mine, holder: null } }).kind, 'lost')
  assert.equal(settle(mine, 10, { last: 11, lease: undefined }).kind, 'lost')
  assert.equal(settle(mine, 10, { last: 4, lease: mine }).kind, 'regressed')
  assert.equal(settle(mine, 10, { last: 0, lease: undefined }).kind, 'regressed')
})

/**
 * A small world: one stream that checks the expected sequence, masters that are paused for any time
 * at any step, answers that get lost, and a stream that is wiped. The three promises are checked
 * at every step.
 */
test('no two masters act at once, none writes after it was replaced, no epoch comes twice', () => {
  fc.assert(
    fc.property(fc.integer(), fc.boolean(), (seed, wipes) => {
      const world = new World(seed, wipes)
      for (let step = 0; step < 600; step += 1) world.step()
      world.calm()
      for (let step = 0; step < 400; step += 1) world.step()
      world.checkLed()
    }),
    { numRuns: 150 },
  )
})

class World {
  readonly claims: { epoch: number; instance: InstanceId }[] = []
  readonly #random
  readonly #wipes: boolean
  readonly #masters = [new Actor(me), new Actor(other)]
  #calm = false
  #nowMs = 0
  #last = 0
  #lease: { seq: number; lease: Lease } | undefined
  /** What edges have accepted: the floor that survives a wipe. */
  #accepted = 0

  constructor(seed: number, wipes: boolean) {
    this.#random = seededRandom(seed)
    this.#wipes = wipes
  }

  step(): void {
    this.#nowMs += this.#random.next() * 100
    if (this.#wipes && this.#chance(0.005)) this.#wipe()
    for (const master of this.#masters) {
      if (this.#nowMs < master.asleepUntilMs) continue
      if (this.#chance(0.02)) master.asleepUntilMs = this.#nowMs + this.#random.next() * 8_000
      else this.#run(master)
    }
    this.#check()
  }

  /** From now on nothing goes wrong any more. */
  calm(): void {
    this.#calm = true
  }

  /** Somebody leads, in an epoch that every edge takes. */
  checkLed(): void {
    const acting = this.#masters.filter((it) => isActing(it.state, this.#nowMs))
    assert.equal(acting.length, 1, 'one master acts in the end')
    assert.ok(
      acting.every((it) => it.state.kind === 'leader' && it.state.lease.epoch === this.#accepted),
    )
  }

  #run(master: Actor): void {
    if (this.#chance(0.1)) return this.#take(master, { kind: 'blind', nowMs: this.#nowMs })
    if (master.state.kind === 'candidate') {
      const last = this.#last
      const input = read(this.#nowMs, this.#lease?.seq ?? 0, this.#lease?.lease)
      const floors = { acceptedMax: this.#accepted, contestedMax: 0 }
      return this.#take(master, { ...input, last, floors })
    }
    const floors = { acceptedMax: this.#accepted, contestedMax: 0 }
    this.#take(master, { kind: 'tick', nowMs: this.#nowMs, floors })
    if (master.state.kind === 'leader' && isActing(master.state, this.#nowMs)) this.#table(master)
  }

  #take(master: Actor, input: Input): void {
    const { state, effects } = decide(master.state, input, master.self)
    master.state = state
    for (const effect of effects) {
      if (effect.kind === 'claim') this.#claim(master, effect.lease, effect.expectedLast)
      if (effect.kind === 'lead') master.last = effect.last
      if (effect.kind === 'renew') this.#renew(master, effect.lease)
    }
  }

  #claim(master: Actor, lease: Lease, expectedLast: number): void {
    const sentMs = this.#nowMs
    const seq = this.#store(expectedLast, lease)
    if (seq === undefined) return
    if (!this.#chance(0.2)) this.#take(master, { kind: 'claimed', lease, seq, sentMs })
  }

  #renew(master: Actor, lease: Lease): void {
    const sentMs = this.#nowMs
    const seq = this.#store(master.last, lease)
    if (seq !== undefined && !this.#chance(0.2)) {
      master.last = seq
      return this.#take(master, { kind: 'renewed', lease, sentMs })
    }
    this.#settle(master)
    this.#take(master, { kind: 'renewal-unknown', nowMs: this.#nowMs })
  }

  #table(master: Actor): void {
    const seq = this.#store(master.last)
    if (seq === undefined || this.#chance(0.1)) return this.#settle(master)
    master.last = seq
    const { lease } = master.state as Leader
    // On a wiped stream an old sequence can fit by chance; then the edge refuses the old epoch.
    if (!this.#wipes) assert.ok(lease.epoch >= this.#accepted, 'a replaced leader wrote')
    this.#accepted = Math.max(this.#accepted, lease.epoch)
  }

  #settle(master: Actor): void {
    if (master.state.kind !== 'leader') return
    const stream = { last: this.#last, lease: this.#lease?.lease }
    const settled = settle(master.state.lease, master.last, stream)
    if (settled.kind === 'ours') master.last = settled.last
    else this.#take(master, { kind: 'deposed' })
  }

  #store(expectedLast: number, lease?: Lease): number | undefined {
    if (expectedLast !== this.#last) return undefined
    this.#last += 1
    if (lease === undefined) return this.#last
    const before = this.#lease?.lease
    this.#lease = { seq: this.#last, lease }
    if (before?.epoch !== lease.epoch || before.instance !== lease.instance) {
      this.claims.push({ epoch: lease.epoch, instance: lease.instance })
    }
    return this.#last
  }

  #wipe(): void {
    this.#last = 0
    this.#lease = undefined
  }

  #check(): void {
    const acting = this.#masters.filter((it) => isActing(it.state, this.#nowMs))
    // A wiped stream has forgotten its leader: then the edges' epochs protect, not the time.
    if (this.#wipes) return
    assert.ok(acting.length <= 1, 'two masters act at once')
    assert.equal(new Set(this.claims.map((it) => it.epoch)).size, this.claims.length)
  }

  #chance(share: number): boolean {
    return !this.#calm && this.#random.next() < share
  }
}

class Actor {
  readonly self: Self
  state: Election = start
  last = 0
  asleepUntilMs = 0

  constructor(self: Self) {
    this.self = self
  }
}

function pollUntilClaim(inputAt: (ms: number) => Input): { claimedAtMs: number; epoch: number } {
  let state: Election = start
  for (let ms = 0; ms < 10 * LEASE_MS; ms += POLL_MS) {
    const decision = decide(state, inputAt(ms), me)
    const [effect] = decision.effects
    if (effect?.kind === 'claim') return { claimedAtMs: ms, epoch: effect.lease.epoch }
    state = decision.state
  }
  throw new Error('never claimed')
}

function leading(sentMs: number): ReturnType<typeof decide> {
  return decide(start, { kind: 'claimed', lease: aLease(me, 1), seq: 1, sentMs }, me)
}

function read(ms: number, seq: number, lease?: Lease): Extract<Input, { kind: 'read' }> {
  return {
    kind: 'read',
    askedMs: ms,
    answeredMs: ms,
    last: seq,
    ...(lease && { lease: { seq, lease } }),
    floors: noFloors,
    leaseMs: LEASE_MS,
    nowText: '2026-01-01T00:00:00.000Z',
  }
}

function aLease(self: Self, epoch: number): Lease {
  const { master, instance, url, host, pid } = self
  const since = '2026-01-01T00:00:00.000Z'
  const fields = { v: 1, holder: master, instance, epoch, leaseMs: LEASE_MS, renewal: 0 }
  return Lease.parse({ ...fields, url, host, pid, since })
}

function aSelf(name: string): Self {
  return {
    master: MasterId.parse(name),
    instance: InstanceId.parse(`i-${name}`),
    url: `http://${name}`,
    host: name,
    pid: 1,
  }
}
