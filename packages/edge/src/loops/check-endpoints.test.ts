import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Clock } from '@roadstead/shared/kernel/clock.ts'
import { silentLog as log } from '@roadstead/shared/kernel/log.ts'
import { seededRandom } from '@roadstead/shared/kernel/random.ts'
import { leftOut } from '../core/checks.ts'
import { checkTcp } from '../io/check.ts'
import { EdgeCell } from '../state.ts'
import { webServer } from '../testing/bench.ts'
import { endpoint, route, service, table } from '../testing/tables.ts'
import { checkEndpoints } from './check-endpoints.ts'

/** Runs so many rounds of checks on a clock that does not wait. */
async function check(state: EdgeCell, rounds: number, ask = checkTcp): Promise<void> {
  const stop = new AbortController()
  let nowMs = 0
  let left = rounds
  const clock: Clock = {
    wallMs: () => nowMs,
    monoMs: () => nowMs,
    sleep: (ms) => {
      nowMs += ms
      left -= 1
      if (left < 0) stop.abort()
      return Promise.resolve()
    },
    after: () => ({ [Symbol.dispose]: () => undefined }),
  }
  await checkEndpoints({ state, check: ask, clock, random: seededRandom(1), log }, stop.signal)
}

function inForce(...ports: readonly number[]): EdgeCell {
  const state = new EdgeCell()
  const it = table([service('s', ...ports.map((port) => endpoint(port)))], [route('s.test', 's')])
  const stamp = { epoch: 1, version: 1, instance: '' }
  Object.assign(state, { inForce: { stamp, table: it, generation: '', since: '' } })
  return state
}

test('an endpoint that refuses connections three times is left out, and comes back after two', async () => {
  await using dead = await webServer('dead')
  await using alive = await webServer('alive')
  const state = inForce(alive.port, dead.port)
  const it = state.inForce?.table ?? assert.fail()
  await check(state, 4)
  assert.equal(state.wishes, 0)

  const answers = { dead: false }
  const ask = (address: string, port: number) =>
    port === dead.port ? Promise.resolve(answers.dead) : checkTcp(address, port)
  await check(state, 2, ask)
  assert.equal(state.wishes, 0)
  await check(state, 1, ask)
  assert.equal(leftOut(it, state.health).size, 1)
  assert.equal(state.wishes, 1)

  answers.dead = true
  await check(state, 2, ask)
  assert.equal(leftOut(it, state.health).size, 0)
  assert.equal(state.wishes, 2)
})

test('an address that several services share is asked once a round', async () => {
  const state = inForce(1, 2)
  const asked: number[] = []
  await check(state, 1, (_address, port) => {
    asked.push(port)
    return Promise.resolve(true)
  })
  assert.deepEqual(
    asked.toSorted((a, b) => a - b),
    [1, 2],
  )
})

test('a port that nobody listens on is no answer, and neither is an address that is no address', async () => {
  const server = await webServer('gone')
  await server[Symbol.asyncDispose]()
  assert.equal(await checkTcp('127.0.0.1', server.port), false)
  assert.equal(await checkTcp('::1', server.port), false)
})
