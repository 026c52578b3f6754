import assert from 'node:assert/strict'
import { test } from 'node:test'
import { systemClock } from '@roadstead/shared/kernel/clock.ts'
import { type Problem, SessionView, SignInLink } from '@roadstead/shared/protocol/http.ts'
import { JoinReply, TokenReply } from '@roadstead/shared/protocol/http-access.ts'
import { PublicKey } from '@roadstead/shared/kernel/ids.ts'
import { ADMIN_TOKEN, type ApiOnTrial, apiOnTrial, MASTER_KEYS } from './api-on-trial.ts'
import { SESSION_COOKIE } from './guard.ts'
import { reachableUrl } from './routes/join.ts'

const host = '127.0.0.1:7070'
const origin = `http://${host}`
const KEY = `U${'B'.repeat(55)}`

test('a link signs in once, and its cookie is out of reach of scripts and other sites', async () => {
  await using trial = await apiOnTrial(systemClock)
  const made = await trial.app.inject({
    method: 'POST',
    url: '/api/v1/session/link',
    headers: trial.bearer('admin'),
  })
  const { code, url } = SignInLink.parse(made.json())
  assert.equal(url, `${origin}/#code=${encodeURIComponent(code)}`)

  const answer = await signIn(trial, { code })
  assert.equal(answer.statusCode, 200)
  const [cookie] = answer.cookies
  assert.equal(cookie?.name, SESSION_COOKIE)
  assert.equal(cookie?.httpOnly, true)
  assert.equal(cookie?.sameSite, 'Strict')
  assert.equal(cookie?.path, '/')
  const headers = { host, cookie: `${SESSION_COOKIE}=${cookie?.value}` }
  const session = await trial.app.inject({ url: '/api/v1/session', headers })
  assert.equal(SessionView.parse(session.json()).role, 'admin')

  assert.equal((await signIn(trial, { code })).statusCode, 401)
})

test('signing in is limited after ten failures, and only failures count', async () => {
  await using trial = await apiOnTrial(systemClock)
  for (let count = 0; count < 12; count += 1) {
    assert.equal((await signIn(trial, { token: ADMIN_TOKEN })).statusCode, 200)
  }
  for (let count = 0; count < 10; count += 1) {
    assert.equal((await signIn(trial, { code: `wrong-${count}` })).statusCode, 401)
  }
  const limited = await signIn(trial, { code: 'wrong' })
  assert.equal(limited.statusCode, 429)
  assert.ok(Number(limited.headers['retry-after']) > 0)
})

test('with a cookie only our own page may change anything', async () => {
  await using trial = await apiOnTrial(systemClock)
  const [session] = (await signIn(trial, { token: ADMIN_TOKEN })).cookies
  const cookie = `${SESSION_COOKIE}=${session?.value}`
  const payload = { kind: 'join', role: 'agent', ttlSeconds: 60 }
  const post = async (headers: Record<string, string>): Promise<number> => {
    const request = { method: 'POST', url: '/api/v1/tokens', payload } as const
    return (await trial.app.inject({ ...request, headers: { host, cookie, ...headers } }))
      .statusCode
  }
  assert.equal(await post({}), 403)
  assert.equal(await post({ origin: 'http://evil.example' }), 403)
  assert.equal(await post({ 'sec-fetch-site': 'cross-site', origin }), 403)
  assert.equal(await post({ 'sec-fetch-site': 'same-origin', origin }), 201)
  const read = await trial.app.inject({ url: '/api/v1/hosts', headers: { host, cookie } })
  assert.equal(read.statusCode, 200)
})

test('signing out takes the cookie away', async () => {
  await using trial = await apiOnTrial(systemClock)
  const [session] = (await signIn(trial, { token: ADMIN_TOKEN })).cookies
  const headers = { host, origin, cookie: `${SESSION_COOKIE}=${session?.value}` }
  const answer = await trial.app.inject({ method: 'DELETE', url: '/api/v1/session', headers })
  assert.equal(answer.statusCode, 204)
  assert.equal(answer.cookies[0]?.value, '')
})

test('a join token brings in as many as it says, and then nobody', async () => {
  await using trial = await apiOnTrial(systemClock)
  const token = await joinToken(trial, { uses: 2 })
  const first = await join(trial, { token, id: 'h1' })
  assert.equal(first.statusCode, 200)
  const reply = JoinReply.parse(first.json())
  assert.equal(reply.site, 'main')
  assert.deepEqual(reply.masters, MASTER_KEYS)
  const identity = trial.decisions.get('d.identity.agent.h1')
  assert.equal(identity?.kind === 'identity' && identity.publicKey, KEY)

  // Two at once share the one use that is left.
  const both = await Promise.all(['h2', 'h3'].map((id) => join(trial, { token, id })))
  const outcomes = new Set(both.map(({ statusCode }) => statusCode))
  assert.deepEqual(outcomes, new Set([200, 403]))
  assert.equal((await join(trial, { token, id: 'h4' })).json<Problem>().code, 'token-refused')
})

test('whoever joins hears of every master that may lead, and of no revoked one', async () => {
  await using trial = await apiOnTrial(systemClock)
  const [own, peer] = MASTER_KEYS
  const third = PublicKey.parse(`U${'D'.repeat(55)}`)
  const token = await joinToken(trial, { role: 'master', uses: 1 })
  await join(trial, { token, role: 'master', id: 'm3', publicKey: third })
  const asked = async (id: string) => {
    const agent = await joinToken(trial, { uses: 1 })
    return JoinReply.parse((await join(trial, { token: agent, id })).json()).masters
  }
  assert.deepEqual(await asked('h1'), [own, peer, third])
  const [key, decision] = [...trial.decisions].find(([name]) => name.endsWith('master.m3')) ?? []
  assert.ok(key !== undefined && decision?.kind === 'identity')
  trial.decisions.set(key, { ...decision, revoked: true })
  assert.deepEqual(await asked('h2'), [own, peer])
})

test('every bad token gets the same answer, and so does a token of another role', async () => {
  await using trial = await apiOnTrial(systemClock)
  const token = await joinToken(trial, { role: 'edge' })
  const [, id = ''] = token.split('_')
  for (const bad of ['', 'x', token, `rsj_${id}_wrong`, `rsj_0000000000000000_${'x'.repeat(43)}`]) {
    const answer = await join(trial, { token: bad, id: 'h1' })
    assert.equal(answer.statusCode, 403)
    assert.equal(answer.json<Problem>().detail, 'The join token is unknown, used up or expired.')
  }
})

test('a name that is taken by another key is refused, and joining twice with one key is fine', async () => {
  await using trial = await apiOnTrial(systemClock)
  const token = await joinToken(trial, { uses: 5 })
  assert.equal((await join(trial, { token, id: 'h1' })).statusCode, 200)
  assert.equal((await join(trial, { token, id: 'h1' })).statusCode, 200)
  const other = await join(trial, { token, id: 'h1', publicKey: `U${'C'.repeat(55)}` })
  assert.equal(other.statusCode, 400)
  assert.match(other.json<Problem>().detail, /another key/)
  assert.equal((await join(trial, { token, id: 'h2', publicKey: 'nonsense' })).statusCode, 400)
  assert.equal((await join(trial, { token, id: 'no.such id' })).statusCode, 400)
})

test('a standby lets nobody in and names the leader', async () => {
  await using trial = await apiOnTrial(systemClock)
  const token = await joinToken(trial, {})
  trial.state.leads = false
  const answer = await join(trial, { token, id: 'h1' })
  assert.equal(answer.statusCode, 409)
  assert.equal(answer.json<Problem>().code, 'not-leader')
})

test('a host elsewhere is told the bus as it reaches it', () => {
  const loopback = 'nats://127.0.0.1:4222'
  assert.equal(reachableUrl(loopback, '10.0.0.5'), 'nats://10.0.0.5:4222')
  assert.equal(reachableUrl(loopback, 'localhost'), 'nats://localhost:4222')
  assert.equal(
    reachableUrl('nats://bus.example.com:4222', '10.0.0.5'),
    'nats://bus.example.com:4222',
  )
  assert.equal(
    reachableUrl('nats://127.0.0.1:1,nats://127.0.0.1:2', 'x'),
    'nats://127.0.0.1:1,nats://127.0.0.1:2',
  )
})

test('tokens are listed without their secrets and can be taken back', async () => {
  await using trial = await apiOnTrial(systemClock)
  const headers = trial.bearer('admin')
  const payload = { kind: 'api', role: 'viewer', ttlSeconds: 60, note: 'for the wall' }
  const request = { method: 'POST', url: '/api/v1/tokens', headers, payload } as const
  const made = TokenReply.parse((await trial.app.inject(request)).json())
  const bearer = { host, authorization: `Bearer ${made.token}` }
  const read = () => trial.app.inject({ url: '/api/v1/hosts', headers: bearer })
  assert.equal((await read()).statusCode, 200)

  for (const url of ['/api/v1/tokens', '/api/v1/decisions']) {
    const { body } = await trial.app.inject({ url, headers })
    assert.match(body, /for the wall/)
    // The secret is the last part, and may hold the sign that parts are joined by.
    const [, secret = ''] = made.token.split(`_${made.id}_`)
    assert.ok(secret.length > 20 && !body.includes(secret))
    assert.doesNotMatch(body, /"hash"/)
  }
  const url = `/api/v1/tokens/${made.id}`
  const revoked = await trial.app.inject({ method: 'DELETE', url, headers })
  assert.equal(revoked.statusCode, 204)
  assert.equal((await read()).statusCode, 401)
})

function signIn({ app }: ApiOnTrial, payload: object) {
  return app.inject({ method: 'POST', url: '/api/v1/session', headers: { host }, payload })
}

async function joinToken(trial: ApiOnTrial, over: object): Promise<string> {
  const payload = { kind: 'join', role: 'agent', ttlSeconds: 60, ...over }
  const headers = trial.bearer('admin')
  const answer = await trial.app.inject({ method: 'POST', url: '/api/v1/tokens', headers, payload })
  return TokenReply.parse(answer.json()).token
}

function join(
  { app }: ApiOnTrial,
  body: { token: string; id: string; publicKey?: string; role?: 'master' },
) {
  const payload = { role: 'agent', name: 'alpha', publicKey: KEY, ...body }
  return app.inject({ method: 'POST', url: '/api/v1/join', headers: { host }, payload })
}
