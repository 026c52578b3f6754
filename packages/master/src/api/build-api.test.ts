import assert from 'node:assert/strict'
import { test } from 'node:test'
import { systemClock } from '@roadstead/shared/kernel/clock.ts'
import { Role } from '@roadstead/shared/protocol/decision.ts'
import { Problem } from '@roadstead/shared/protocol/http.ts'
import { ADMIN_TOKEN, apiOnTrial, OTHER_URL } from './api-on-trial.ts'
import { authorisationTable, mayCall } from './authorisation.ts'

const host = 'localhost'

test('every registered route is in the authorisation table, and every entry is a route', async () => {
  await using trial = await apiOnTrial(systemClock)
  for (const route of Object.keys(authorisationTable)) {
    const [method = '', url = ''] = route.split(' ')
    assert.ok(trial.app.hasRoute({ method: asMethod(method), url }), route)
  }
})

test('a route that the table does not know cannot be registered', async () => {
  await using trial = await apiOnTrial(systemClock)
  const { app } = trial
  assert.throws(() => app.get('/api/v1/forgotten', () => 'open to all'))
})

test('each route admits exactly the roles that the table says', async () => {
  await using trial = await apiOnTrial(systemClock)
  for (const [route, { access }] of Object.entries(authorisationTable)) {
    const [method = '', pattern = ''] = route.split(' ')
    const request = { method: asMethod(method), url: pattern.replace(/:\w+|\*/, 'x') }
    for (const role of [undefined, ...Role.options]) {
      const headers = role === undefined ? { host } : trial.bearer(role)
      const { statusCode } = await trial.app.inject({ ...request, headers })
      const refused = statusCode === 401 || (statusCode === 403 && !route.endsWith('/join'))
      const expected = !(role === undefined ? access === 'open' : mayCall(role, access))
      const isSignIn = route === 'POST /api/v1/session'
      if (!isSignIn) assert.equal(refused, expected, `${route} as ${role ?? 'anonymous'}`)
    }
  }
})

test('nobody gets in by a wrong token, and a token in the address counts for nothing', async () => {
  await using trial = await apiOnTrial(systemClock)
  const url = '/api/v1/hosts'
  for (const authorization of ['Bearer wrong', 'Bearer ', 'Basic eDp5', `Bearer x${ADMIN_TOKEN}`]) {
    const answer = await trial.app.inject({ url, headers: { host, authorization } })
    assert.equal(answer.statusCode, 401)
  }
  const inUrl = await trial.app.inject({ url: `${url}?token=${ADMIN_TOKEN}`, headers: { host } })
  assert.equal(inUrl.statusCode, 401)
})

test('every answer, also a failure, carries the security headers', async () => {
  await using trial = await apiOnTrial(systemClock)
  for (const url of ['/healthz', '/', '/docs', '/api/v1/hosts', '/api/v1/nothing']) {
    const { headers } = await trial.app.inject({ url, headers: { host } })
    assert.match(String(headers['content-security-policy']), /default-src 'none'/, url)
    assert.equal(headers['x-content-type-options'], 'nosniff', url)
    assert.equal(headers['cache-control'], 'no-store', url)
  }
})

test('a foreign Host header gets no answer, not even about health', async () => {
  await using trial = await apiOnTrial(systemClock)
  for (const url of ['/healthz', '/metrics', '/api/v1/hosts', '/nothing']) {
    const answer = await trial.app.inject({ url, headers: { host: 'evil.example' } })
    assert.equal(answer.statusCode, 403, url)
    assert.equal(answer.json<Problem>().code, 'bad-origin')
  }
})

test('failures are problems with a code, a remedy and an id', async () => {
  await using trial = await apiOnTrial(systemClock)
  const headers = trial.bearer('admin')
  const cases = [
    [{ url: '/api/v1/audit' }, 404, 'not-found'],
    [{ url: '/api/v1/hosts/nobody' }, 404, 'not-found'],
    [{ url: '/api/v1/hosts?limit=many' }, 400, 'bad-input'],
    [{ url: '/api/v1/explain' }, 400, 'bad-input'],
    [{ url: '/api/v1/tokens', method: 'POST', payload: { kind: 'join' } }, 400, 'bad-input'],
    [{ url: '/api/v1/tokens', method: 'POST', payload: 'x'.repeat(300_000) }, 413, 'bad-input'],
  ] as const
  for (const [request, status, code] of cases) {
    const type = 'method' in request ? { 'content-type': 'application/json' } : {}
    const answer = await trial.app.inject({ ...request, headers: { ...headers, ...type } })
    const problem = Problem.parse(answer.json())
    assert.equal(answer.statusCode, status, request.url)
    assert.equal(problem.code, code)
    assert.equal(answer.headers['content-type'], 'application/problem+json; charset=utf-8')
    assert.ok(problem.hint.length > 0)
    assert.match(problem.instance, /^urn:roadstead:request:[0-9a-f]{16}$/)
  }
})

test('what breaks inside shows an id and nothing else', async () => {
  await using trial = await apiOnTrial(systemClock)
  const fail = (): never => {
    throw new Error('/secret/path of somebody')
  }
  Object.defineProperty(trial.decisions, Symbol.iterator, { value: fail })
  const headers = trial.bearer('admin')
  const answer = await trial.app.inject({ url: '/api/v1/decisions', headers })
  assert.equal(answer.statusCode, 500)
  assert.doesNotMatch(answer.body, /secret/)
})

test('a form or plain text is refused: only JSON changes anything', async () => {
  await using trial = await apiOnTrial(systemClock)
  for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data']) {
    const headers = { ...trial.bearer('admin'), 'content-type': type }
    const answer = await trial.app.inject({
      method: 'POST',
      url: '/api/v1/tokens',
      headers,
      payload: '{"kind":"join","role":"agent","ttlSeconds":60}',
    })
    assert.equal(answer.statusCode, 415, type)
  }
})

test('a standby refuses to write and names the leader', async () => {
  await using trial = await apiOnTrial(systemClock)
  trial.state.leads = false
  const payload = { kind: 'join', role: 'agent', ttlSeconds: 60 }
  const headers = trial.bearer('admin')
  const answer = await trial.app.inject({ method: 'POST', url: '/api/v1/tokens', headers, payload })
  assert.equal(answer.statusCode, 409)
  assert.equal(answer.json<Problem>().code, 'not-leader')
  assert.match(answer.json<Problem>().detail, new RegExp(OTHER_URL))
  assert.equal(answer.headers['roadstead-leader'], OTHER_URL)
  const read = await trial.app.inject({ url: '/api/v1/hosts', headers })
  assert.equal(read.statusCode, 200)
  assert.equal(read.headers['roadstead-leader'], OTHER_URL)
})

test('health tells role and readiness without a sign-in', async () => {
  await using trial = await apiOnTrial(systemClock)
  const status = async (url: string): Promise<number> =>
    (await trial.app.inject({ url, headers: { host } })).statusCode
  const all = ['/healthz', '/readyz', '/leader', '/standby']
  assert.deepEqual(await Promise.all(all.map(status)), [200, 200, 200, 503])
  trial.state.leads = false
  assert.deepEqual(await Promise.all(all.map(status)), [200, 503, 503, 200])
})

test('the OpenAPI document and its page describe every route of the API', async () => {
  await using trial = await apiOnTrial(systemClock)
  const answer = await trial.app.inject({ url: '/api/v1/openapi.json', headers: { host } })
  const document = answer.json<{ openapi: string; paths: Record<string, unknown> }>()
  assert.equal(document.openapi, '3.1.0')
  for (const path of ['/api/v1/hosts', '/api/v1/routes', '/api/v1/join', '/api/v1/tokens/{id}']) {
    assert.ok(path in document.paths, path)
  }
  const page = await trial.app.inject({ url: '/docs', headers: { host } })
  assert.match(page.body, /GET \/api\/v1\/hosts/)
  assert.match(page.body, /id="error-not-leader"/)
  assert.doesNotMatch(page.body, /<script|https?:\/\//)
})

test('without a built dashboard the page says how to build it', async () => {
  await using trial = await apiOnTrial(systemClock)
  const answer = await trial.app.inject({ url: '/', headers: { host } })
  assert.equal(answer.statusCode, 503)
  assert.match(answer.body, /npm run setup/)
})

function asMethod(method: string): 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' {
  const known = ['POST', 'PUT', 'PATCH', 'DELETE'] as const
  return known.find((each) => each === method) ?? 'GET'
}
