import assert from 'node:assert/strict'
import { test } from 'node:test'
import { RoadsteadError } from '@roadstead/shared/kernel/roadstead-error.ts'
import { loadConfig } from './config.ts'

const HOST = { ROADSTEAD_ATTACH: '/etc/nginx/rs/routes.conf', ROADSTEAD_HTTP_PORT: '80' }

test('attached to an nginx of this machine: usual paths, and no TLS of ours on port 443', () => {
  const { attach, httpsPort } = loadConfig(HOST)
  assert.equal(httpsPort, undefined)
  assert.deepEqual(attach, {
    include: '/etc/nginx/rs/routes.conf',
    main: '/etc/nginx/nginx.conf',
    pidFile: '/run/nginx.pid',
    container: undefined,
    seenAs: undefined,
    engine: '/var/run/docker.sock',
    address: undefined,
  })
})

test('without a word of it the edge has an nginx of its own', () => {
  const { attach, httpsPort } = loadConfig({ ROADSTEAD_HTTP_PORT: '80' })
  assert.equal(attach, undefined)
  assert.equal(httpsPort, 443)
})

test('everything that does not go together is told at once, by variable', () => {
  const facts = factsOf({
    ...HOST,
    ROADSTEAD_HTTPS_PORT: '443',
    ROADSTEAD_CERTIFICATES_DIR: '/c',
    ROADSTEAD_ATTACH_CONTAINER: 'front',
  })
  assert.deepEqual(Object.keys(facts).sort(), [
    'ROADSTEAD_ATTACH_SEEN_AS',
    'ROADSTEAD_CERTIFICATES_DIR',
    'ROADSTEAD_HTTPS_PORT',
  ])
})

test('a path that could be anything else in the text of nginx is refused', () => {
  for (const path of ['conf/rs.conf', '/etc/a b', '/etc/$a', '/etc/a;b', '/etc/*.conf']) {
    const facts = factsOf({ ROADSTEAD_ATTACH: path })
    assert.deepEqual(Object.keys(facts), ['ROADSTEAD_ATTACH'])
  }
})

test('a word about an attached nginx does nothing alone, and says so', () => {
  assert.deepEqual(Object.keys(factsOf({ ROADSTEAD_ATTACH_PID: '/run/n.pid' })), [
    'ROADSTEAD_ATTACH_PID',
  ])
})

function factsOf(env: Readonly<Record<string, string>>): object {
  try {
    loadConfig(env)
  } catch (error) {
    assert.ok(error instanceof RoadsteadError)
    return error.facts
  }
  return {}
}
