import assert from 'node:assert/strict'
import { test } from 'node:test'
import { exampleId } from '../examples.ts'
import { ask, askUntilGo, lines } from './ask-on-trial.ts'
import { WorldOnTrial } from './world-on-trial.ts'

test('a container without routes is let go at once, and no run is made of it', () => {
  const world = new WorldOnTrial({}, { labels: {} })
  assert.deepEqual(world.letGo(ask(1)), { kind: 'go', why: 'not-routed' })
  assert.equal(world.graph.decisions.size, 0)
})

test('a routed container is let go when it is quiet, and its run ends when it is replaced', () => {
  const world = new WorldOnTrial()
  assert.equal(world.letGo(ask(1)).kind, 'wait')
  assert.deepEqual(askUntilGo(world, 1), { kind: 'go', why: 'quiet' })
  assert.equal(world.serving, 2)
  world.gone(1)
  world.letGo(ask(1, { phase: 'over' }))
  const { hold } = ask(1)
  assert.equal(world.run(hold).state, 'running')
  world.see({
    ...world.container(2),
    id: exampleId(9),
    name: 'c9',
    attachments: [],
    networkMode: 'host',
  })
  world.pass(500)
  assert.equal(world.run(hold).state, 'done', lines(world.run(hold)))
})

test('of two members asked for at once one goes, and the next when its successor serves', () => {
  const world = new WorldOnTrial({ containers: 2 })
  world.letGo(ask(1))
  world.letGo(ask(2))
  assert.equal(askUntilGo(world, 1).kind, 'go')
  const held = askUntilGo(world, 2, 2_000)
  assert.ok(held.kind === 'wait' && /waits until alpha\/c1 is replaced/.test(held.why))
  world.gone(1)
  world.letGo(ask(1, { phase: 'over' }))
  assert.equal(
    askUntilGo(world, 2, 2_000).kind,
    'wait',
    'the first is gone, and nobody replaces it',
  )
  world.see({
    ...world.container(2),
    id: exampleId(9),
    name: 'c9',
    attachments: [],
    networkMode: 'host',
  })
  assert.equal(askUntilGo(world, 2, 2_000).kind, 'go')
  assert.equal(world.servingMin, 1)
})

test('who is not replaced within a minute holds nobody up any longer', () => {
  const world = new WorldOnTrial({ containers: 2 })
  askUntilGo(world, 1)
  world.gone(1)
  world.letGo(ask(1, { phase: 'over' }))
  assert.equal(askUntilGo(world, 2, 50_000).kind, 'wait')
  assert.equal(askUntilGo(world, 2, 15_000).kind, 'go')
})

test('a container that is restarted through the socket comes back into routing', () => {
  const world = new WorldOnTrial()
  askUntilGo(world, 1)
  world.see({ ...world.container(1), startedAt: 'later', accepting: [] })
  world.letGo(ask(1, { phase: 'over', action: 'restart' }))
  world.pass(500)
  assert.equal(world.serving, 2)
  world.see({ ...world.container(1), accepting: [80] })
  world.pass(500)
  assert.equal(world.serving, 3)
  assert.equal(world.run(ask(1).hold).state, 'done')
})

test('a restart whose stop is seen last is no end', () => {
  const world = new WorldOnTrial()
  askUntilGo(world, 1)
  world.see({ ...world.container(1), state: 'exited', accepting: [] })
  world.letGo(ask(1, { phase: 'over', action: 'restart' }))
  world.pass(100)
  world.see({ ...world.container(1), state: 'running', startedAt: 'later', accepting: [80] })
  world.pass(500)
  const { log, state } = world.run(ask(1).hold)
  assert.deepEqual([state, log.at(-1)?.text], ['done', 'alpha/c1 serves again'])
})

test('what an agent asked for and did not do is put back when it asks no more', () => {
  const world = new WorldOnTrial()
  askUntilGo(world, 1)
  world.pass(29_000, 500)
  assert.equal(world.serving, 2, 'its engine may be at it')
  world.pass(2_000, 500)
  assert.equal(world.serving, 3)
  assert.equal(world.run(ask(1).hold).state, 'cancelled')
})

test('an engine that refused to stop it gives it back after a moment', () => {
  const world = new WorldOnTrial()
  askUntilGo(world, 1)
  world.letGo(ask(1, { phase: 'over' }))
  world.pass(1_000)
  assert.equal(world.serving, 2, 'the look of the agent may still be on its way')
  world.pass(3_000)
  assert.equal(world.serving, 3)
})

test('an agent that waited no longer is told of in the log', () => {
  const world = new WorldOnTrial({ quietAfterMs: undefined })
  askUntilGo(world, 1, 5_000)
  world.letGo(ask(1, { phase: 'over', gaveUp: true }))
  world.gone(1)
  world.pass(500)
  assert.match(lines(world.run(ask(1).hold)), /before it was quiet/)
})

test('that an agent waits no longer is said before what follows from it', () => {
  const world = new WorldOnTrial({ quietAfterMs: 3_000 })
  askUntilGo(world, 1, 2_000)
  assert.equal(world.letGo(ask(1, { leftMs: 0, gaveUp: true })).kind, 'go')
  world.pass(3_000)
  const { hold } = ask(1)
  assert.match(lines(world.run(hold)), /before it was quiet: its agent waits no longer$/)
  world.letGo(ask(1, { phase: 'over', leftMs: 0, gaveUp: true }))
  world.gone(1)
  world.pass(500)
  assert.match(lines(world.run(hold)), /waits no longer\nalpha\/c1 is gone/)
  assert.doesNotMatch(lines(world.run(hold)), /may be touched/)
})

test('the next leader goes on with the run of a hold, or makes it again', () => {
  const world = new WorldOnTrial({ quietAfterMs: 3_000 })
  askUntilGo(world, 1, 1_000)
  const { hold } = ask(1)
  assert.equal(world.run(hold).members[0]?.phase, 'draining')
  world.changeLeader()
  world.pass(4_000)
  assert.equal(world.serving, 2, 'its agent will ask again')
  assert.deepEqual(askUntilGo(world, 1), { kind: 'go', why: 'quiet' })
  assert.equal(world.graph.decisions.size, 2, 'one run and its drain')

  const late = new WorldOnTrial({ quietAfterMs: 3_000 })
  askUntilGo(late, 1, 1_000)
  late.changeLeader()
  late.pass(6_000)
  assert.deepEqual([late.run(hold).state, late.serving], ['cancelled', 3])
  assert.deepEqual(askUntilGo(late, 1), { kind: 'go', why: 'quiet' })
  assert.deepEqual([late.run(hold).state, late.serving], ['running', 2])
})

test('an agent that waits for a minute is waited for, however long an edge is busy', () => {
  const world = new WorldOnTrial({ quietAfterMs: 40_000 })
  const beganMs = world.nowMs
  assert.deepEqual(askUntilGo(world, 1, 60_000, 60_000), { kind: 'go', why: 'quiet' })
  const heldMs = world.nowMs - beganMs
  assert.ok(heldMs >= 40_000 && heldMs <= 42_000, String(heldMs))
  assert.doesNotMatch(lines(world.run(ask(1).hold)), /although/)
})

test('an agent that waits for five seconds is believed to act then, and its container stays out', () => {
  const world = new WorldOnTrial({ quietAfterMs: undefined })
  askUntilGo(world, 1, 4_500, 5_000)
  world.pass(9_000)
  assert.match(lines(world.run(ask(1).hold)), /may be touched after 5\.\d s, although edge/)
  assert.equal(world.serving, 2, 'its engine may be at it')
})

test('a hold that has the name of another run has no part in it', () => {
  const world = new WorldOnTrial({ quietAfterMs: undefined })
  const { id } = world.begin({ verb: 'drain', container: 'c2', why: '' })
  assert.equal(world.letGo({ ...ask(1), hold: id }).kind, 'wait')
  assert.deepEqual([world.run(id).verb, world.run(id).target], ['drain', 'alpha/c2'])
  world.letGo(ask(3))
  const { hold } = ask(3)
  assert.equal(world.letGo({ ...ask(1), hold, leftMs: 0 }).kind, 'wait')
  assert.equal(world.letGo({ ...ask(1), hold, phase: 'over' }).kind, 'go')
  world.pass(500)
  assert.equal(world.run(hold).members[0]?.phase, 'draining')
})

test('who is held for another one is drained in time, although nobody replaces the other', () => {
  const world = new WorldOnTrial({ containers: 2 })
  askUntilGo(world, 1)
  world.gone(1)
  world.letGo(ask(1, { phase: 'over' }))
  const beganMs = world.nowMs
  const reply = askUntilGo(world, 2, 20_000, 20_000)
  assert.deepEqual(reply, { kind: 'go', why: 'quiet' })
  const heldMs = world.nowMs - beganMs
  assert.ok(heldMs >= 16_500 && heldMs <= 18_500, String(heldMs))
  assert.equal(world.serving, 0)
  assert.match(lines(world.run(ask(2).hold)), /is not replaced, and the agent .* waits no longer/)
})

test('a roadstead.drain that is longer than the agent waits is not kept, and said', () => {
  const labels = { 'roadstead.host': 'shop.example.com', 'roadstead.drain': '1m' }
  const world = new WorldOnTrial({}, { labels })
  assert.equal(askUntilGo(world, 1, 5_000, 5_000).kind, 'wait')
  const { hold } = ask(1)
  assert.match(lines(world.run(hold)), /roadstead\.drain asks for 60\.0 s, .* waits 5\.0 s more/)
  world.letGo(ask(1, { phase: 'over', leftMs: 0, gaveUp: true }))
  world.gone(1)
  world.pass(500)
  world.letGo(ask(2))
  assert.match(lines(world.run(hold)), /before the 60\.0 s of its roadstead\.drain were over/)
})

test('an agent that dies while it holds costs its container five seconds, not thirty', () => {
  const world = new WorldOnTrial({ quietAfterMs: undefined })
  world.letGo(ask(1))
  world.pass(1_000)
  assert.equal(world.serving, 2)
  world.pass(4_500)
  assert.equal(world.serving, 3)
  assert.equal(world.run(ask(1).hold).state, 'cancelled')
})

test('while the agent says that its engine is at it, the container stays out', () => {
  const world = new WorldOnTrial()
  askUntilGo(world, 1)
  for (let spans = 0; spans < 8; spans += 1) {
    world.pass(10_000, 500)
    assert.equal(world.letGo(ask(1, { leftMs: 0 })).kind, 'go')
  }
  assert.equal(world.serving, 2)
})

test('whose agent has died while it was held for another one is not taken out', () => {
  const world = new WorldOnTrial({ containers: 2 })
  askUntilGo(world, 1)
  world.gone(1)
  world.letGo(ask(1, { phase: 'over', leftMs: 0 }))
  askUntilGo(world, 2, 1_000, 8_000)
  world.servingMin = 1
  world.pass(8_000)
  assert.equal(world.servingMin, 1)
  assert.equal(world.run(ask(2).hold).state, 'cancelled')
})
