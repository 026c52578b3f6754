import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { Run, RunId } from '@roadstead/shared/protocol/run.ts'
import { healthy } from './behaviour-on-trial.ts'
import { WorldOnTrial } from './world-on-trial.ts'

/** Lets time pass until the run has ended: finely at first, then in seconds. */
function untilEnded(world: WorldOnTrial, id: RunId): Run {
  for (let steps = 0; world.run(id).state === 'running'; steps += 1) {
    assert.ok(steps < STEPS_MAX, `it never ends: ${JSON.stringify(world.run(id))}`)
    const stepMs = steps < FINE_STEPS ? 100 : 1_000
    world.pass(stepMs, stepMs)
  }
  // What is left over is cleared away by the rounds that follow.
  world.pass(1_000, 500)
  return world.run(id)
}

const FINE_STEPS = 50
const STEPS_MAX = 3_000

const done = { kind: 'done', id: '', result: {} } as const
const replies = [
  done,
  { kind: 'failed', id: '', error: 'no such container' },
  { kind: 'refused', id: '', reason: 'too-many' },
  { kind: 'unreachable' },
  undefined,
] as const

const sometimes = fc.record({
  containers: fc.integer({ min: 1, max: 3 }),
  edges: fc.integer({ min: 0, max: 2 }),
  quietAfterMs: fc.constantFrom(0, 250, 5_000, undefined),
  restartMs: fc.constantFrom(0, 500, 5_000, undefined),
  readyMs: fc.constantFrom(0, 300, 10_000, undefined),
  reply: fc.constantFrom(...replies),
})

test('whatever happens, a rollout touches only what is quiet, ends, and leaves no drain', () => {
  const deaths = fc.uniqueArray(fc.integer({ min: 0, max: 30 }), { maxLength: 3 })
  fc.assert(
    fc.property(sometimes, fc.integer({ min: 1, max: 3 }), deaths, (behaviour, atOnce, dies) => {
      const world = new WorldOnTrial(behaviour)
      world.diesAfter = dies.toSorted((a, b) => a - b)
      const { id } = world.begin({ verb: 'rollout', service: 'shop', atOnce, why: '' })
      const run = untilEnded(world, id)
      assert.equal(world.drains.length, 0)
      assert.ok(world.drainsMax <= atOnce, `${world.drainsMax} at once`)
      const refs = world.restarts.map(({ ref }) => ref)
      assert.equal(new Set(refs).size, refs.length, 'each is restarted once at most')
      for (const { isOut, isQuiet, outForMs } of world.restarts) {
        assert.ok(isOut)
        assert.ok(isQuiet || outForMs >= 19_000, `touched after ${outForMs} ms`)
      }
      const failed = run.members.filter(({ phase }) => phase === 'failed')
      assert.equal(run.state, failed.length === 0 ? 'done' : 'failed')
      assert.equal(run.remedy === undefined, run.state === 'done')
    }),
    { numRuns: 60, seed: 7 },
  )
})

test('a leader that dies at any write or command leaves a run that ends as if it had not', () => {
  const without = new WorldOnTrial({ containers: 2 })
  const { id } = without.begin({ verb: 'rollout', service: 'shop', atOnce: 1, why: '' })
  assert.equal(untilEnded(without, id).state, 'done')
  let cut = 0
  for (let acts = 0; acts <= ACTS_OF_TWO; acts += 1) {
    const world = new WorldOnTrial({ ...healthy, containers: 2 })
    world.diesAfter = [acts]
    const begun = world.begin({ verb: 'rollout', service: 'shop', atOnce: 1, why: '' })
    const run = untilEnded(world, begun.id)
    if (world.diesAfter.length === 0) cut += 1
    // Whether a command was sent can only be seen from its effect: then it is told, not repeated.
    if (world.ordersLost > 0) {
      assert.match(run.log.map(({ text }) => text).join(), /not known to have been restarted/)
    } else {
      assert.equal(run.state, 'done', JSON.stringify(run))
      assert.equal(world.restarts.length, 2)
    }
    assert.equal(world.serving, 2)
    assert.equal(world.servingMin, 1)
    assert.equal(world.drains.length, 0)
  }
  assert.ok(cut >= ACTS_LEAST, `${cut} of them died`)
})

/** Drain, record, record, command, record, drain, record for each; the last ones end the run. */
const ACTS_OF_TWO = 18
const ACTS_LEAST = 12
