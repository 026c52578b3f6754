import assert from 'node:assert/strict'
import { test } from 'node:test'
import { z } from 'zod'
import { PortText, readConfig } from './read-config.ts'
import { RoadsteadError } from './roadstead-error.ts'

const spec = {
  port: { variable: 'X_PORT', meaning: 'where to listen', schema: PortText.default(80) },
  name: { variable: 'X_NAME', meaning: 'a name', schema: z.string('must be set') },
  token: { variable: 'X_TOKEN', meaning: 'a secret', schema: z.string().optional(), secret: true },
} as const

const noFiles = (): string => {
  throw new Error('no such file')
}

test('defaults fill in, text becomes values', () => {
  assert.deepEqual(readConfig(spec, { X_NAME: 'a', X_PORT: '8080' }, noFiles), {
    port: 8080,
    name: 'a',
    token: undefined,
  })
  assert.equal(readConfig(spec, { X_NAME: 'a', X_PORT: '' }, noFiles).port, 80)
})

test('all errors are told at once, each by its variable', () => {
  assert.throws(
    () => readConfig(spec, { X_PORT: '0x50', X_TOKEN_FILE: '/missing' }, noFiles),
    (error: unknown) => {
      assert.ok(error instanceof RoadsteadError)
      assert.deepEqual(Object.keys(error.facts).sort(), ['X_NAME', 'X_PORT', 'X_TOKEN'])
      assert.match(String(error.facts['X_TOKEN']), /\/missing/)
      return true
    },
  )
})

test('a secret may come from a file, but not from both', () => {
  const read = (): string => 's3cret\n'
  assert.equal(readConfig(spec, { X_NAME: 'a', X_TOKEN_FILE: '/t' }, read).token, 's3cret')
  assert.throws(
    () => readConfig(spec, { X_NAME: 'a', X_TOKEN_FILE: '/t', X_TOKEN: 'b' }, read),
    /not both/,
  )
})
