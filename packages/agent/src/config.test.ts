import assert from 'node:assert/strict'
import { test } from 'node:test'
import { RoadsteadError } from '@roadstead/shared/kernel/roadstead-error.ts'
import { loadConfig } from './config.ts'

test('without anything said it watches the usual socket', () => {
  const config = loadConfig({})
  assert.equal(config.engineSocket, '/var/run/docker.sock')
  assert.deepEqual(config.advertise, [])
  assert.equal(config.logLevel, 'info')
})

test('an engine over the network is refused with a reason', () => {
  assert.throws(
    () => loadConfig({ DOCKER_HOST: 'tcp://10.0.0.1:2375', ROADSTEAD_ADVERTISE: 'nowhere' }),
    (error: unknown) =>
      error instanceof RoadsteadError &&
      Object.keys(error.facts).join() === 'DOCKER_HOST,ROADSTEAD_ADVERTISE',
  )
})

test('addresses are a list', () => {
  const { advertise } = loadConfig({ ROADSTEAD_ADVERTISE: '10.0.0.1, fd00::1' })
  assert.deepEqual(advertise, ['10.0.0.1', 'fd00::1'])
})

test('what is wrong is said with what to write', () => {
  assert.throws(
    () => loadConfig({ ROADSTEAD_ADVERTISE: 'foo', ROADSTEAD_LOG_LEVEL: 'loud' }),
    /ROADSTEAD_ADVERTISE: must be IP addresses, for example 10.*must be error, warn, info or debug/,
  )
})
