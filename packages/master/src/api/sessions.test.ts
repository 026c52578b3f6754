import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Clock } from '@roadstead/shared/kernel/clock.ts'
import { newSecret, newShortId, sameSecret, Sealer, secretHash } from '../io/secrets.ts'
import { type ApiToken, LINK_MS, SESSION_MS, Sessions } from './sessions.ts'

const adminToken = 'the-first-admins-token'
const id = '0123456789abcdef'

function bench(instance = 'one') {
  const tokens = new Map<string, ApiToken>()
  let now = 1_000_000
  const clock: Clock = {
    wallMs: () => now,
    monoMs: () => now,
    sleep: () => Promise.resolve(),
    after: () => ({ [Symbol.dispose]: () => undefined }),
  }
  const sessions = new Sessions({
    clock,
    adminToken,
    instance,
    apiToken: (wanted) => tokens.get(wanted),
    newId: newShortId,
    sameSecret,
    secretHash,
    sealer: new Sealer(adminToken),
  })
  const pass = (ms: number): void => {
    now += ms
  }
  return { sessions, tokens, pass, now: () => now }
}

function apiToken(secret: string, over: Partial<ApiToken> = {}): ApiToken {
  const base = { kind: 'api-token', id, role: 'viewer', note: 'ci', by: 'admin' } as const
  return { ...base, hash: secretHash(secret), since: '2026-01-01T00:00:00Z', ...over }
}

test('the first admin token signs in, anything near it does not', () => {
  const { sessions } = bench()
  assert.equal(sessions.callerOf(`Bearer ${adminToken}`, undefined)?.role, 'admin')
  for (const wrong of ['', `${adminToken}x`, adminToken.slice(1), adminToken.toUpperCase()]) {
    assert.equal(sessions.callerOf(`Bearer ${wrong}`, undefined), undefined)
  }
  assert.equal(sessions.callerOf(adminToken, undefined), undefined)
  assert.equal(sessions.callerOf(`Basic ${adminToken}`, undefined), undefined)
})

test('an API token gives its own role, and nothing once it expired or was revoked', () => {
  const { sessions, tokens, pass, now } = bench()
  const secret = newSecret()
  tokens.set(id, apiToken(secret, { expiresAt: new Date(now() + 60_000).toISOString() }))
  const header = `Bearer rs_${id}_${secret}`
  assert.deepEqual(sessions.callerOf(header, undefined)?.role, 'viewer')
  assert.equal(sessions.callerOf(`Bearer rs_${id}_${newSecret()}`, undefined), undefined)
  pass(60_001)
  assert.equal(sessions.callerOf(header, undefined), undefined)
  tokens.set(id, apiToken(secret))
  assert.equal(sessions.callerOf(header, undefined)?.role, 'viewer')
  tokens.delete(id)
  assert.equal(sessions.callerOf(header, undefined), undefined)
})

test('a sign-in link works once, here, and for 15 minutes', () => {
  const { sessions, pass } = bench()
  const { code } = sessions.newLink('admin', 'admin')
  assert.equal(sessions.signInByCode(code).role, 'admin')
  assert.throws(() => sessions.signInByCode(code), { code: 'not-signed-in' })

  const late = sessions.newLink('admin', 'admin').code
  pass(LINK_MS + 1)
  assert.throws(() => sessions.signInByCode(late), { code: 'not-signed-in' })

  const elsewhere = bench('two').sessions.newLink('admin', 'admin').code
  assert.throws(() => sessions.signInByCode(elsewhere), { code: 'not-signed-in' })
})

test('the other master accepts the same cookie, until it expires', () => {
  const here = bench('one')
  const there = bench('two')
  const cookie = here.sessions.cookieFor(here.sessions.signInByToken(adminToken))
  assert.equal(there.sessions.callerOf(undefined, cookie)?.by, 'cookie')
  there.pass(SESSION_MS + 1)
  assert.equal(there.sessions.callerOf(undefined, cookie), undefined)
})

test('a session of an API token ends with the token', () => {
  const { sessions, tokens } = bench()
  const secret = newSecret()
  tokens.set(id, apiToken(secret, { role: 'operator' }))
  const cookie = sessions.cookieFor(sessions.signInByToken(`rs_${id}_${secret}`))
  assert.equal(sessions.callerOf(undefined, cookie)?.role, 'operator')
  tokens.set(id, apiToken(secret, { role: 'viewer' }))
  assert.equal(sessions.callerOf(undefined, cookie)?.role, 'viewer')
  tokens.delete(id)
  assert.equal(sessions.callerOf(undefined, cookie), undefined)
})

test('a changed, cut or foreign cookie is nobody, and a link is no session', () => {
  const { sessions } = bench()
  const cookie = sessions.cookieFor(sessions.signInByToken(adminToken))
  const [body = '', mac = ''] = cookie.split('.')
  const foreign = new Sealer('some-other-token').seal('session', '{}')
  const link = sessions.newLink('admin', 'admin').code
  const forged = `${Buffer.from('{"role":"admin"}').toString('base64url')}.${mac}`
  for (const bad of ['', '.', body, `${body}.`, `.${mac}`, `x${cookie}`, foreign, link, forged]) {
    assert.equal(sessions.callerOf(undefined, bad), undefined, bad)
  }
})
