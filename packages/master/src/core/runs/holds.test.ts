import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type LetGoRequest, RunId } from '@roadstead/shared/protocol/run.ts'
import { exampleId } from '../examples.ts'
import { ask, askUntilGo, lines } from './ask-on-trial.ts'
import { LetGoRuns, newLetGo } from './let-go.ts'
import { allRuns } from './refs.ts'
import { WorldOnTrial } from './world-on-trial.ts'

const other = RunId.parse('b'.repeat(16))
const second = (more: Partial<LetGoRequest> = {}) => ask(1, { hold: other, ...more })

test('a second hold on the same container joins the run of the first', () => {
  const world = new WorldOnTrial()
  assert.equal(world.letGo(ask(1)).kind, 'wait')
  assert.equal(world.letGo(second({ action: 'remove' })).kind, 'wait')
  world.pass(400)
  assert.deepEqual(world.letGo(second()), { kind: 'go', why: 'quiet' })
  assert.deepEqual(world.letGo(ask(1)), { kind: 'go', why: 'quiet' })
  assert.equal(allRuns(world.graph).length, 1)
  assert.equal(world.serving, 2)
})

test('who joined late is let go at once, and the run is over when nobody is at it any more', () => {
  const world = new WorldOnTrial()
  assert.equal(askUntilGo(world, 1).kind, 'go')
  assert.deepEqual(world.letGo(second()), { kind: 'go', why: 'quiet' })
  world.letGo(ask(1, { phase: 'over', leftMs: 0 }))
  world.letGo(second({ leftMs: 0 }))
  world.pass(9_000)
  const { hold } = ask(1)
  assert.deepEqual([world.run(hold).state, world.serving], ['running', 2])
  world.letGo(second({ phase: 'over', leftMs: 0 }))
  world.pass(5_000)
  assert.deepEqual([world.run(hold).state, world.serving], ['done', 3])
})

test('a run goes on for whoever joined when the first client has gone away', () => {
  const world = new WorldOnTrial({ quietAfterMs: 8_000 })
  world.letGo(ask(1))
  for (let spans = 0; spans < 20; spans += 1) {
    world.letGo(second())
    world.pass(500)
  }
  assert.deepEqual(world.letGo(second()), { kind: 'go', why: 'quiet' })
  world.letGo(second({ phase: 'over', leftMs: 0 }))
  world.gone(1)
  world.pass(500)
  assert.equal(world.run(ask(1).hold).members[0]?.phase, 'left')
})

test('the next leader knows whoever joined', () => {
  const world = new WorldOnTrial({ quietAfterMs: 3_000 })
  world.letGo(ask(1))
  world.letGo(second())
  world.pass(1_000)
  world.changeLeader()
  for (let spans = 0; spans < 14; spans += 1) {
    world.letGo(second())
    world.pass(500)
  }
  assert.deepEqual(world.letGo(second()), { kind: 'go', why: 'quiet' })
  assert.equal(allRuns(world.graph).length, 1)
})

test('who has been started again is a new case for whoever wants to stop it then', () => {
  const world = new WorldOnTrial()
  askUntilGo(world, 1)
  world.see({ ...world.container(1), startedAt: 'later', accepting: [] })
  world.letGo(ask(1, { phase: 'over', action: 'restart' }))
  world.pass(500)
  assert.equal(world.run(ask(1).hold).members[0]?.phase, 'returning')
  assert.equal(world.letGo(second()).kind, 'wait')
  world.see({ ...world.container(1), accepting: [80] })
  for (let spans = 0; spans < 4; spans += 1) {
    world.letGo(second())
    world.pass(500)
  }
  assert.deepEqual(world.letGo(second()), { kind: 'go', why: 'quiet' })
  assert.equal(world.serving, 2)
  assert.match(lines(world.run(other)), /is quiet after/)
})

test('who was through with a container before has no part in what is asked about it later', () => {
  const world = new WorldOnTrial({ quietAfterMs: undefined })
  askUntilGo(world, 1, 1_000, 1_000)
  world.letGo(ask(1, { phase: 'over', leftMs: 0, gaveUp: true }))
  world.pass(5_000)
  assert.equal(world.run(ask(1).hold).state, 'done')
  world.letGo(second())
  world.pass(1_000)
  world.letGo(second())
  world.pass(500)
  assert.equal(world.run(other).members[0]?.phase, 'draining')
  assert.doesNotMatch(lines(world.run(other)), /waits no longer/)
})

test('of one host no more runs are made than its agent can hold', () => {
  const world = new WorldOnTrial()
  world.letGo(ask(1))
  const { hold } = ask(1)
  const [member] = world.run(hold).members
  assert.ok(member !== undefined)
  const runs = Array.from({ length: 256 }, (_, number) => ({
    ...world.run(hold),
    members: [{ ...member, container: exampleId(1_000 + number) }],
  }))
  const { action, host } = ask(2)
  const { graph, nowMs } = world
  const times = { firstAskMs: nowMs, lastAskMs: nowMs, untilMs: nowMs + 20_000 }
  const asked = { request: ask(2), asking: { action, gaveUp: false, ...times } }
  const scene = { graph, ...world.derived, nowMs, at: '' }
  assert.equal(newLetGo(asked, scene, new LetGoRuns(runs)), undefined)
  assert.equal(newLetGo(asked, scene, new LetGoRuns(runs.slice(1)))?.members[0]?.host, host)
})
