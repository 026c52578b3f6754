import assert from 'node:assert/strict'
import { test } from 'node:test'
import { lines } from './ask-on-trial.ts'
import { WorldOnTrial } from './world-on-trial.ts'

test('a drain of a host that has more containers than are watched says how many are not', () => {
  const world = new WorldOnTrial({ containers: 203, edges: 1 })
  const { id, members } = world.begin({ verb: 'drain', host: 'alpha', why: '' })
  assert.equal(members.length, 200)
  world.pass(1_000, 250)
  assert.deepEqual([world.run(id).state, world.serving], ['done', 0])
  assert.match(world.run(id).log.at(-1)?.text ?? '', /^3 more containers are taken out, too/)

  const small = new WorldOnTrial({ containers: 3 })
  const run = small.begin({ verb: 'drain', host: 'alpha', why: '' })
  small.pass(1_000)
  assert.doesNotMatch(lines(small.run(run.id)), /more containers/)
})
