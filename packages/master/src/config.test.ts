import assert from 'node:assert/strict'
import { test } from 'node:test'
import { loadConfig } from './config.ts'

test('with nothing set a master listens on loopback only', () => {
  const config = loadConfig({})
  assert.equal(config.bind, '127.0.0.1')
  assert.equal(config.apiPort, 7070)
  assert.deepEqual(config.apiHosts, [])
  assert.equal(config.token, undefined)
})

test('every bad variable is named, all at once', () => {
  const bad = {
    ROADSTEAD_BIND: 'everywhere',
    ROADSTEAD_API_PORT: '70000',
    ROADSTEAD_API_HOSTS: 'Not A Name',
    ROADSTEAD_TOKEN: 'short',
    ROADSTEAD_LOG_LEVEL: 'loud',
    ROADSTEAD_PUBLIC_URL: 'ftp://x',
  }
  assert.throws(
    () => loadConfig(bad),
    (error: { code?: string; facts?: object }) => {
      assert.equal(error.code, 'bad-config')
      assert.deepEqual(Object.keys(error.facts ?? {}).toSorted(), Object.keys(bad).toSorted())
      return true
    },
  )
})
