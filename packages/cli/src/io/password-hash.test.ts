import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { test } from 'node:test'
import { hashPassword } from './password-hash.ts'

const opensslHash = (password: string, salt: string) =>
  execFileSync('openssl', ['passwd', '-6', '-salt', salt, '-stdin'], {
    input: `${password}\n`,
    encoding: 'utf8',
  }).trim()

test('a hash is the same, byte by byte, as that of openssl', () => {
  const passwords = ['a', 'secret', 'ünïcödé €', 'x'.repeat(63), 'y'.repeat(64), 'z'.repeat(130)]
  for (const password of passwords) {
    for (const salt of ['saltstring', '1234567890abcdef', 's']) {
      assert.equal(hashPassword(password, salt), opensslHash(password, salt), password)
    }
  }
})

test('the same password has another hash each time', () => {
  assert.notEqual(hashPassword('secret'), hashPassword('secret'))
  assert.match(hashPassword('secret'), /^\$6\$[./0-9A-Za-z]{16}\$[./0-9A-Za-z]{86}$/)
})
