import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ask, askUntilGo, lines } from './ask-on-trial.ts'
import { WorldOnTrial } from './world-on-trial.ts'

const LOST =
  'nobody waits for edge e1, lost: it takes no new tables, ' +
  'and if its nginx lives it may still send requests'

function withoutTheSecond(silentMs: number): WorldOnTrial {
  const world = new WorldOnTrial()
  world.silence(1)
  world.nowMs += silentMs
  return world
}

test('a stop does not wait for an edge that is lost, and its log says what that may cost', () => {
  const world = withoutTheSecond(50_000)
  const beganMs = world.nowMs
  assert.equal(askUntilGo(world, 1).kind, 'go')
  assert.ok(world.nowMs - beganMs <= 1_000, `${world.nowMs - beganMs} ms`)
  const log = lines(world.run(ask(1).hold))
  assert.ok(log.includes(LOST), log)
  assert.match(log, /is quiet after 0\.\d s/)
})

test('a restart and a drain go on without an edge that is lost, and say so once', () => {
  const world = withoutTheSecond(50_000)
  const rollout = world.begin({ verb: 'rollout', service: 'shop', atOnce: 1, why: '' })
  world.pass(10_000)
  assert.equal(world.run(rollout.id).state, 'done')
  assert.equal(lines(world.run(rollout.id)).split(LOST).length, 2)
  const drain = world.begin({ verb: 'drain', container: 'c1', why: '' })
  world.pass(1_000)
  assert.equal(world.run(drain.id).state, 'done')
  assert.match(
    lines(world.run(drain.id)),
    /nobody waits.*\nalpha\/c1 .* at every edge that reports/,
  )
})

test('an edge that is silent for less than that may be starting again, and is waited for', () => {
  const world = withoutTheSecond(20_000)
  const beganMs = world.nowMs
  assert.equal(askUntilGo(world, 1, 60_000, 60_000).kind, 'go')
  const heldMs = world.nowMs - beganMs
  assert.ok(heldMs >= 25_000 && heldMs <= 26_000, 'until it is lost')
})
