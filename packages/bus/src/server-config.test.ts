import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SiteId } from '@roadstead/shared/kernel/ids.ts'
import { STOP_GRACE_MS_MAX } from '@roadstead/shared/protocol/command.ts'
import { createKey } from './identity.ts'
import { type BusUser, REPLY_WITHIN_S } from './permissions.ts'
import { describeUserForOperator, renderServerConfig, renderUsers } from './server-config.ts'

const site = SiteId.parse('s1')
const config = { serverName: 'n1', site, port: 4222, storeDir: '/var/x', usersFile: 'users.conf' }

test('a server listens on loopback unless somebody decided otherwise', () => {
  assert.match(renderServerConfig(config), /^host: "127\.0\.0\.1"$/m)
  assert.match(renderServerConfig({ ...config, host: '10.0.0.1' }), /^host: "10\.0\.0\.1"$/m)
})

test('users come from a file of their own, and no accounts block lets anybody in beside them', () => {
  const text = renderServerConfig(config)

  assert.match(text, /^authorization \{\n {2}include "users\.conf"\n\}$/m)
  assert.doesNotMatch(text, /accounts|no_auth_user|token|password/)
})

test('only a cluster has a cluster block, and its routes', () => {
  assert.doesNotMatch(renderServerConfig(config), /cluster/)
  const cluster = { name: 'c', host: '10.0.0.1', port: 6222, routes: ['10.0.0.2:6222'] }
  assert.match(renderServerConfig({ ...config, cluster }), /"nats-route:\/\/10\.0\.0\.2:6222"/)
})

test('the users file is the same bytes for the same users in any order', () => {
  const users = [aUser('agent', 'h1'), aUser('edge', 'e1'), aUser('master', 'm1')]

  assert.equal(renderUsers(users.toReversed()), renderUsers(users))
  for (const { publicKey } of users) assert.ok(renderUsers(users).includes(publicKey))
})

test('only who is asked may answer without being listed, once per question', () => {
  assert.match(
    renderUsers([aUser('agent', 'h1')]),
    /allow_responses: \{ max: 1, expires: "120s" \}/,
  )
  assert.match(renderUsers([aUser('master', 'm1')]), /allow_responses: \{ max: 1, expires: "2s" \}/)
  assert.doesNotMatch(renderUsers([aUser('edge', 'e1')]), /allow_responses/)
})

test('an answer is let through for longer than the longest command may take', () => {
  assert.ok(1_000 * REPLY_WITHIN_S.agent >= STOP_GRACE_MS_MAX + 20_000)
})

test('an operator is told the same line that our own server would get', () => {
  const user = aUser('edge', 'e1')
  const [line] = renderUsers([user]).split('\n').slice(1)

  assert.ok(describeUserForOperator(user).includes(line?.trim() ?? 'nothing'))
})

function aUser(role: BusUser['role'], id: string): BusUser {
  return { role, id, site, publicKey: createKey().publicKey }
}
