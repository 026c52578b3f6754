import assert from 'node:assert/strict'
import { test } from 'node:test'
import { z } from 'zod'
import { RoadsteadError } from '@roadstead/shared/kernel/roadstead-error.ts'
import { fakeMaster } from '../testing/fake-master.ts'
import { createApiClient } from './api-client.ts'
import { ServerProblem } from './server-problem.ts'

const Answer = z.object({ by: z.string() })
const never = new AbortController().signal
const ask = { path: '/hosts', method: 'GET', answer: Answer } as const

test('the first master that answers is kept', async () => {
  await using second = await fakeMaster({ 'GET /api/v1/hosts': { body: { by: 'second' } } })
  const dead = 'http://127.0.0.1:9'
  const api = createApiClient([dead, second.url], 'a-token', never)

  const answer = await api.ask(ask)

  assert.equal(answer.by, 'second')
  assert.equal(api.server(), second.url)
  assert.equal(second.requests[0]?.authorization, 'Bearer a-token')
})

test('a write goes on to the leader when a standby refuses it', async () => {
  await using leader = await fakeMaster({ 'POST /api/v1/tokens': { body: { by: 'leader' } } })
  await using standby = await fakeMaster({
    'POST /api/v1/tokens': { status: 409, body: problem('not-leader', 409) },
    'GET /api/v1/leader': { body: leaderAt(leader.url) },
  })
  const api = createApiClient([standby.url], 'a-token', never)

  const answer = await api.ask({ method: 'POST', path: '/tokens', body: { a: 1 }, answer: Answer })

  assert.equal(answer.by, 'leader')
  assert.deepEqual(leader.requests[0]?.body, { a: 1 })
})

test("a master's no is told in its own words", async () => {
  await using master = await fakeMaster({
    'GET /api/v1/hosts': { status: 401, body: problem('not-signed-in', 401) },
  })
  const api = createApiClient([master.url], undefined, never)

  await assert.rejects(api.ask(ask), (error) => {
    assert.ok(error instanceof ServerProblem)
    assert.equal(error.problem.code, 'not-signed-in')
    return true
  })
})

test('no master at all, and an answer that is none, are told apart', async () => {
  await using odd = await fakeMaster({ 'GET /api/v1/hosts': { body: { by: 7 } } })

  const codeOf = async (server: string): Promise<string> => {
    const error: unknown = await createApiClient([server], undefined, never)
      .ask(ask)
      .catch((reason: unknown) => reason)
    return error instanceof RoadsteadError ? error.code : String(error)
  }

  assert.equal(await codeOf('http://127.0.0.1:9'), 'master-unreachable')
  assert.equal(await codeOf(odd.url), 'internal')
})

function problem(code: string, status: number) {
  return { type: 'about:blank', title: code, status, code, detail: code, hint: '', instance: 'i' }
}

function leaderAt(url: string) {
  const since = '2026-03-04T12:00:00Z'
  return { epoch: 2, instance: 'i', pid: 1, host: 'alpha', url, since }
}
