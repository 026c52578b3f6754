import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Clock } from '@roadstead/shared/kernel/clock.ts'
import { silentLog as log } from '@roadstead/shared/kernel/log.ts'
import { seededRandom } from '@roadstead/shared/kernel/random.ts'
import { PathPattern } from '@roadstead/shared/protocol/route.ts'
import type { TableService } from '@roadstead/shared/protocol/table.ts'
import { leftOut } from '../core/checks.ts'
import type { Probe } from '../core/probes.ts'
import { checkEndpoint, checkTcp } from '../io/check.ts'
import { EdgeCell } from '../state.ts'
import { webServer } from '../testing/bench.ts'
import { endpoint, route, service, table } from '../testing/tables.ts'
import { checkEndpoints } from './check-endpoints.ts'

/** Runs so many rounds of checks on a clock that does not wait. */
async function check(
  state: EdgeCell,
  rounds: number,
  ask: (probe: Probe, nowMs: number) => Promise<boolean> = checkEndpoint,
): Promise<void> {
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
  const deps = { state, check: (probe: Probe) => ask(probe, nowMs), clock, log }
  await checkEndpoints({ ...deps, random: seededRandom(1) }, stop.signal)
}

function inForce(...ports: readonly number[]): EdgeCell {
  return inForceAs(service('s', ...ports.map((port) => endpoint(port))))
}

function inForceAs(...services: readonly TableService[]): EdgeCell {
  const state = new EdgeCell()
  const it = table(services, [route('s.test', 's')])
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
  const ask = (probe: Probe) =>
    probe.port === dead.port ? Promise.resolve(answers.dead) : checkEndpoint(probe)
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
  await check(state, 1, ({ port }) => {
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

const health = {
  path: PathPattern.parse('/healthz'),
  intervalMs: 5_000,
  expect: { from: 200, to: 299 },
  graceMs: 0,
}

test('a service is asked for a path, by a name of its visitors, and the status decides', async () => {
  const heard: string[] = []
  let status = 204
  await using web = await webServer('web', (request, response) => {
    heard.push(`${request.url} ${request.headers.host}`)
    response.statusCode = status
    response.end('x')
  })
  await using alive = await webServer('alive')
  const both = { ...service('s', endpoint(web.port), endpoint(alive.port)), health }
  const state = inForceAs(both)
  const it = state.inForce?.table ?? assert.fail()
  await check(state, 8)
  assert.deepEqual([...new Set(heard)], ['/healthz s.test'])
  assert.equal(leftOut(it, state.health).size, 0)
  status = 500
  await check(state, 8)
  assert.equal(leftOut(it, state.health).size, 1)
  assert.equal(state.wishes, 1)
  status = 299
  await check(state, 8)
  assert.equal(leftOut(it, state.health).size, 0)
})

test('an endpoint that takes the question and never answers fails', async () => {
  await using web = await webServer('web', () => undefined)
  const probe = { address: '127.0.0.1', port: web.port }
  const http = { path: '/', isEncrypted: false, host: undefined, expect: { from: 200, to: 399 } }
  assert.equal(await checkEndpoint(probe), true)
  assert.equal(await checkEndpoint({ ...probe, http }), false)
  assert.equal(await checkEndpoint({ ...probe, http: { ...http, isEncrypted: true } }), false)
})

test('each service is asked as often as it wants, and none that speaks gRPC for a path', async () => {
  const every = (name: string, port: number, intervalMs: number) => ({
    ...service(name, endpoint(port)),
    health: { ...health, intervalMs },
  })
  const call = { ...every('call', 4, 10_000), scheme: 'grpc' as const }
  const services = [every('s', 1, 1_000), every('b', 2, 10_000), service('c', endpoint(3)), call]
  const asked = new Map<number, number>()
  let lastMs = 0
  await check(inForceAs(...services), 60, ({ port, http }, nowMs) => {
    assert.equal(http === undefined, port > 2)
    asked.set(port, (asked.get(port) ?? 0) + 1)
    lastMs = nowMs
    return Promise.resolve(true)
  })
  const per = (port: number) => lastMs / (asked.get(port) ?? 0)
  assert.ok(per(1) > 700 && per(1) < 1_300, `${per(1)}`)
  assert.ok(per(2) > 8_000 && per(2) < 12_500, `${per(2)}`)
  for (const port of [3, 4]) assert.ok(per(port) > 1_400 && per(port) < 2_600, `${per(port)}`)
})

test('for so long after it has joined the failures of an endpoint do not count', async () => {
  const late = { ...service('s', endpoint(1), endpoint(2)), health: { ...health, graceMs: 60_000 } }
  const state = inForceAs(late)
  const it = state.inForce?.table ?? assert.fail()
  const failedAtMs: number[] = []
  const seen = (probe: Probe, nowMs: number) => {
    if (leftOut(it, state.health).size > 0) failedAtMs.push(nowMs)
    return Promise.resolve(probe.port === 1)
  }
  await check(state, 60, seen)
  assert.equal(leftOut(it, state.health).size, 1)
  assert.ok((failedAtMs[0] ?? 0) > 60_000, `${failedAtMs[0]}`)
})
