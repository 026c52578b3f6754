import assert from 'node:assert/strict'
import path from 'node:path'
import { test } from 'node:test'
import { RoadsteadError } from '@roadstead/shared/kernel/roadstead-error.ts'
import { type CliConfig, loadConfig, serversOf } from './config.ts'

function read(env: Readonly<Record<string, string>>): CliConfig {
  return loadConfig(env, () => '')
}

function names(variable: string): (error: unknown) => boolean {
  return (error) => error instanceof RoadsteadError && Object.keys(error.facts).join() === variable
}

test('the address of NATS is one URL or several, with scheme and port', () => {
  for (const url of [
    'nats://127.0.0.1:4222',
    'tls://nats.example.com:4222',
    'nats://[fd00::1]:4222,nats://b:4222',
    'nats://a:1, nats://b:2',
  ]) {
    assert.equal(read({ ROADSTEAD_NATS_URL: url }).natsUrl, url)
  }
  for (const url of [
    'foo bar',
    'foo:4222',
    'nats://a',
    'http://a:4222',
    'nats://a:4222,',
    'nats://user:secret@a:4222',
    'nats://a:4222/path',
  ]) {
    assert.throws(() => read({ ROADSTEAD_NATS_URL: url }), names('ROADSTEAD_NATS_URL'), url)
  }
})

test('masters are named with or without a scheme, and end without a slash', () => {
  const servers = serversOf(read({ ROADSTEAD_SERVER: 'alpha:7070, https://beta.example.com/' }))
  assert.deepEqual(servers, ['http://alpha:7070', 'https://beta.example.com'])
  assert.throws(() => read({ ROADSTEAD_SERVER: 'foo bar' }), names('ROADSTEAD_SERVER'))
})

test('the Docker socket to serve is a path, whole wherever it is read, and short enough for one', () => {
  const served = (text: string) => read({ ROADSTEAD_DOCKER_SOCKET: text }).dockerSocket
  assert.equal(served('unix:///run/roadstead/docker.sock'), '/run/roadstead/docker.sock')
  assert.equal(served('drain.sock'), path.resolve('drain.sock'))
  assert.equal(read({}).dockerSocket, undefined)
  assert.throws(() => served(`/${'x'.repeat(107)}`), names('ROADSTEAD_DOCKER_SOCKET'))
})
