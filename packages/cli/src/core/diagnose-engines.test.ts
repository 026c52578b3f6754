import assert from 'node:assert/strict'
import { test } from 'node:test'
import { diagnoseNamedEngine, type EngineOnDisk } from './diagnose-engines.ts'

const DAY_MS = 86_400_000
const whole: EngineOnDisk = { joined: true, unreadable: [] }
const ssh = { url: 'ssh://gamma', address: ['10.0.0.6'] }
const said = (disk: Partial<EngineOnDisk>, engine = ssh) =>
  diagnoseNamedEngine('gamma', engine, { ...whole, ...disk }, 0).map(
    ({ level, what }) => `${level}: ${what}`,
  )

test('an engine whose files are whole is left to what its agent says', () => {
  assert.match(said({}).join(), /^ok: ssh:\/\/gamma, watched by name/)
})

test('what is missing is said, all of it', () => {
  const found = said({ joined: false, unreadable: ['/x/ca.pem'] }, { ...ssh, address: [] })
  assert.match(found.join('\n'), /fail: it has not joined/)
  assert.match(found.join('\n'), /fail: cannot read \/x\/ca\.pem/)
  assert.match(found.join('\n'), /warn: no address of its host is known/)
})

test('a certificate is warned of before its end', () => {
  assert.deepEqual(said({ expiresAtMs: 5 * DAY_MS }), ['warn: our certificate ends in 5 days'])
  assert.deepEqual(said({ expiresAtMs: -1 }), ['fail: our certificate has expired'])
  assert.match(said({ expiresAtMs: 40 * DAY_MS }).join(), /^ok/)
})
