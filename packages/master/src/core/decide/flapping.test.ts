import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sha256 } from '@roadstead/bus/sha256.ts'
import type { Container } from '@roadstead/shared/protocol/container.ts'
import { type Decision, decisionKey } from '@roadstead/shared/protocol/decision.ts'
import fc from 'fast-check'
import {
  exampleContainer,
  exampleId,
  exampleSeen,
  exampleSnapshot,
  exampleStamp,
} from '../examples.ts'
import { foldAll } from '../graph/fold.ts'
import { emptyGraph, type Graph } from '../graph/graph.ts'
import { type Flapping, flappingOf } from '../graph/select.ts'
import { type DeriveStep, deriveChange, startDerive } from '../routes/derive-change.ts'
import { defaultPolicy } from '../routes/policy.ts'
import { CALM_MAX_MS, CALM_MIN_MS, emptyFlapMemory, ruleOnFlapping } from './flapping.ts'

const settings = { policy: defaultPolicy, digest: sha256 }
const { host } = exampleStamp('alpha', 1)
const labels = { 'roadstead.host': 'a.example', 'roadstead.service': 'shop' }

/** One host with two containers of one service, the first of which has a hard life. */
class Life {
  graph: Graph
  step: DeriveStep
  memory = emptyFlapMemory
  nowMs = 0
  settled = true
  writes = 0
  #seq = 1

  constructor(others: readonly Container[] = [exampleContainer(2, { labels })]) {
    const first = exampleContainer(1, { labels, restartPolicy: 'always' })
    const snapshot = exampleSnapshot(exampleStamp('alpha', 1), [first, ...others])
    this.graph = foldAll(emptyGraph, [snapshot]).graph
    this.step = startDerive(this.graph, settings)
    this.judge()
  }

  get container(): Container {
    const found = this.graph.hosts.get(host)?.containers.get(exampleId(1))
    assert.ok(found !== undefined)
    return found
  }

  get flapping(): Flapping | undefined {
    return flappingOf(this.graph, host, exampleId(1))
  }

  /** What became of each container that asked. */
  get reasons(): readonly string[] {
    const { verdicts } = this.step.derived
    return [...(verdicts.get(host)?.values() ?? [])].flat().map(({ reason }) => reason)
  }

  is(changes: Partial<Container>): this {
    this.#seq += 1
    const stamp = exampleStamp('alpha', this.#seq)
    this.#fold([exampleSeen(stamp, { ...this.container, ...changes })])
    this.judge()
    return this
  }

  /** The program ends by itself, and the engine starts it again. */
  crash(exitCode = 1): this {
    const restartCount = this.container.restartCount + 1
    this.is({ stopping: true })
    this.is({ stopping: false, state: 'restarting', accepting: [], exitCode, restartCount })
    return this.start(restartCount)
  }

  /** Somebody stops it, and starts it again. */
  restart(exitCode = 143): this {
    this.is({ stopping: true })
    this.is({ stopping: false, state: 'exited', accepting: [], exitCode })
    return this.start(0)
  }

  start(restartCount: number): this {
    const startedAt = `2026-01-01T00:00:00.${String(this.#seq).padStart(6, '0')}Z`
    this.is({ state: 'running', restartCount, startedAt, exitCode: 0 })
    return this.is({ accepting: [80] })
  }

  drain(isOn: boolean): this {
    const drain = { kind: 'drain', host, container: exampleId(1), by: 'ann', why: '' } as const
    this.#decide({ ...drain, since: '' }, isOn)
    return this
  }

  pass(seconds: number): this {
    for (let second = 0; second < seconds; second += 1) {
      this.nowMs += 1_000
      this.judge()
    }
    return this
  }

  judge(): void {
    const { asks } = this.step.derived
    const { containers } = this.step.change
    const { graph, nowMs, settled } = this
    const facts = { graph, asks, containers, nowMs, settled, since: String(nowMs) }
    const { write, drop, memory } = ruleOnFlapping(facts, this.memory)
    this.memory = memory
    for (const each of write) this.#decide(each, true)
    for (const each of drop) this.#decide(each, false)
    this.writes += write.length + drop.length
  }

  #decide(decision: Decision, isOn: boolean): void {
    const key = decisionKey(decision, sha256)
    this.#fold([{ kind: 'decision', key, decision: isOn ? decision : undefined }])
  }

  #fold(inputs: Parameters<typeof foldAll>[1]): void {
    const { graph, change } = foldAll(this.graph, inputs)
    this.graph = graph
    this.step = deriveChange(this.step.derived, graph, change)
  }
}

test('three crashes within a minute are too many, and it makes way for the other', () => {
  const life = new Life().crash().pass(20).crash().pass(20)
  assert.deepEqual([life.flapping, life.reasons], [undefined, ['routed', 'routed']])
  life.crash()
  assert.deepEqual([life.flapping?.falls, life.flapping?.calmMs], [3, 5_000])
  assert.deepEqual(life.reasons, ['flapping', 'routed'])
})

test('it is back when it has been ready for five seconds, and twice as long after each further fall', () => {
  const life = new Life().crash().crash().crash().pass(4)
  assert.deepEqual(life.reasons, ['flapping', 'routed'])
  life.pass(2)
  assert.deepEqual(life.reasons, ['routed', 'routed'])
  life.crash().pass(9)
  assert.deepEqual([life.flapping?.calmMs, life.reasons[0]], [10_000, 'flapping'])
  life.crash().pass(19)
  assert.deepEqual([life.flapping?.calmMs, life.reasons[0]], [20_000, 'flapping'])
  life.pass(2)
  assert.deepEqual(life.reasons, ['routed', 'routed'])
  for (let fall = 0; fall < 10; fall += 1) life.crash()
  assert.equal(life.flapping?.calmMs, CALM_MAX_MS)
})

test('calm has to be without a break', () => {
  const life = new Life().crash().crash().crash().pass(4).is({ state: 'paused' }).pass(1)
  life.is({ state: 'running' }).pass(4)
  assert.deepEqual(life.reasons, ['flapping', 'routed'])
  life.pass(2)
  assert.deepEqual(life.reasons, ['routed', 'routed'])
})

test('falls over a longer time add up, and one a minute is borne', () => {
  const often = new Life()
  for (let fall = 0; fall < 8; fall += 1) often.crash().pass(45)
  assert.ok((often.flapping?.falls ?? 0) > 3)
  const seldom = new Life()
  for (let fall = 0; fall < 30; fall += 1) seldom.crash().pass(60)
  assert.equal(seldom.flapping, undefined)
})

test('a check that fails again and again is a fall, and so is a port that closes', () => {
  const ill = new Life().is({ health: 'healthy' })
  for (let fall = 0; fall < 3; fall += 1) ill.is({ health: 'unhealthy' }).is({ health: 'healthy' })
  assert.equal(ill.flapping?.falls, 3)
  const deaf = new Life()
  for (let fall = 0; fall < 3; fall += 1) deaf.is({ accepting: [] }).is({ accepting: [80] })
  assert.equal(deaf.flapping?.falls, 3)
})

test('what somebody asked for is no fall: stop, restart, pause, drain', () => {
  const life = new Life()
  for (let round = 0; round < 5; round += 1) {
    life.restart().restart(0).is({ state: 'paused' }).is({ state: 'running' })
    life.drain(true).crash().drain(false)
  }
  assert.equal(life.writes, 0)
})

test('one that is killed at once falls, and one that outlasted its stop signal does not', () => {
  const killed = new Life()
  for (let round = 0; round < 3; round += 1) killed.restart(137)
  assert.equal(killed.flapping?.falls, 3)
  const stubborn = new Life()
  for (let round = 0; round < 3; round += 1) {
    stubborn.is({ stopping: true }).pass(2)
    stubborn.is({ stopping: false, state: 'exited', accepting: [], exitCode: 137 }).start(0)
  }
  assert.equal(stubborn.flapping, undefined)
})

test('a restart between two looks is a fall when the engine counts it', () => {
  const life = new Life()
  for (const restartCount of [1, 2, 3]) life.is({ restartCount, startedAt: `at ${restartCount}` })
  assert.equal(life.flapping?.falls, 3)
  const asked = new Life()
  for (const startedAt of ['a', 'b', 'c']) asked.is({ startedAt })
  assert.equal(asked.flapping, undefined)
})

test('the only one that can serve goes on, and says that it is shaky', () => {
  const life = new Life([]).crash().crash().crash()
  assert.equal(life.flapping?.falls, 3)
  assert.deepEqual(life.reasons, ['routed'])
  const [verdict] = life.step.derived.verdicts.get(host)?.get(exampleId(1)) ?? []
  assert.deepEqual(verdict?.details, { falls: '3', calm: '5s', flapping: 'nobody else can serve' })
})

test('a new leader keeps the decision, counts calm anew, and goes on where the falls were', () => {
  const life = new Life().crash().crash().crash().pass(4)
  life.memory = emptyFlapMemory
  life.pass(4)
  assert.deepEqual(life.reasons, ['flapping', 'routed'])
  life.crash()
  assert.equal(life.flapping?.calmMs, 10_000)
  life.pass(12)
  assert.deepEqual(life.reasons, ['routed', 'routed'])
})

test('the decision goes with its container, once it is known to be gone', () => {
  const life = new Life().crash().crash().crash()
  life.settled = false
  life.is({ labels: {} }).pass(10)
  assert.ok(life.flapping !== undefined)
  life.settled = true
  life.pass(1)
  assert.equal(life.flapping, undefined)
})

test('when it has been calm for long all is forgotten', () => {
  const life = new Life().crash().crash().crash().pass(400)
  assert.equal(life.memory.watches.size, 0)
  life.crash().crash()
  assert.equal(life.flapping, undefined)
})

test('whatever happens: few falls are borne, calm is bounded, and quiet brings it back', () => {
  const event = fc.constantFrom('crash', 'restart', 'ill', 'well', 'leader', 'pass', 'pass')
  fc.assert(
    fc.property(fc.array(event, { maxLength: 40 }), fc.boolean(), (events, isAlone) => {
      const life = new Life(isAlone ? [] : undefined)
      let falls = 0
      for (const each of events) {
        if (each === 'crash') life.crash()
        if (each === 'restart') life.restart()
        if (each === 'ill') life.is({ health: 'unhealthy' })
        if (each === 'well') life.is({ health: 'healthy' })
        if (each === 'leader') life.memory = emptyFlapMemory
        if (each === 'pass') life.pass(7)
        if (each === 'crash' || each === 'ill') falls += 1
        const { flapping } = life
        if (falls < 3) assert.equal(flapping, undefined)
        if (flapping === undefined) continue
        assert.ok(flapping.falls >= 3 && flapping.falls <= falls)
        assert.ok(flapping.calmMs >= CALM_MIN_MS && flapping.calmMs <= CALM_MAX_MS)
        assert.ok(
          life.reasons.some((reason) => reason === 'routed') || life.container.health !== 'none',
        )
      }
      life.is({ health: 'healthy' }).pass(CALM_MAX_MS / 1_000 + 1)
      assert.equal(life.flapping, undefined)
      assert.ok(life.reasons.every((reason) => reason === 'routed'))
    }),
    { numRuns: 100 },
  )
})
