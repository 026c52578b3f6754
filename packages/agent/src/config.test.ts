import assert from 'node:assert/strict'
import { test } from 'node:test'
import { RoadsteadError } from '@roadstead/shared/kernel/roadstead-error.ts'
import { loadConfig, loadConfigs } from './config.ts'

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

test('a drain-aware socket is served at an absolute path that fits, and only when asked for', () => {
  assert.equal(loadConfig({}).dockerSocket, undefined)
  const served = (path: string) => loadConfig({ ROADSTEAD_DOCKER_SOCKET: path }).dockerSocket
  assert.equal(served('/run/roadstead/docker.sock'), '/run/roadstead/docker.sock')
  assert.equal(served('unix:///run/docker.sock'), '/run/docker.sock')
  assert.equal(served(`/${'a'.repeat(106)}`)?.length, 107)
  assert.throws(() => served(`/${'a'.repeat(107)}`), /at most 107 bytes/)
  assert.throws(() => served(`/${'ä'.repeat(54)}`), /at most 107 bytes/)
  assert.throws(() => served('docker.sock'), /ROADSTEAD_DOCKER_SOCKET: must be an absolute path/)
})

test('a drain limit is whole seconds, at most ten minutes; 0 holds nothing', () => {
  assert.equal(loadConfig({}).drainLimitS, 20)
  const limit = (text: string) => loadConfig({ ROADSTEAD_DRAIN_LIMIT: text }).drainLimitS
  assert.deepEqual(['0', '7', '600'].map(limit), [0, 7, 600])
  for (const text of ['601', '-1', '1.5', '10s', '1e2']) {
    assert.throws(() => limit(text), /ROADSTEAD_DRAIN_LIMIT: must be whole seconds from 0 to 600/)
  }
})

test('a leader may restart containers here unless it is told otherwise', () => {
  assert.equal(loadConfig({}).actions, 'restart')
  assert.equal(loadConfig({ ROADSTEAD_ACTIONS: 'none' }).actions, 'none')
  assert.throws(
    () => loadConfig({ ROADSTEAD_ACTIONS: 'all' }),
    /ROADSTEAD_ACTIONS: must be restart or none/,
  )
})

test('simulated engines are hosts of their own, each with a folder in the state directory', () => {
  const ROADSTEAD_SIMULATED_ENGINES = 'alpha=unix:///run/a.sock,beta=/run/b.sock'
  const configs = loadConfigs({ ROADSTEAD_SIMULATED_ENGINES, ROADSTEAD_STATE_DIR: '/state' })
  assert.deepEqual(
    configs.map(({ stateDir, engineSocket }) => [stateDir, engineSocket]),
    [
      ['/state/alpha', '/run/a.sock'],
      ['/state/beta', '/run/b.sock'],
    ],
  )
  assert.equal(loadConfigs({ DOCKER_HOST: 'unix:///run/c.sock' })[0]?.engineSocket, '/run/c.sock')
})

test('simulated engines are refused that could not be told apart or opened', () => {
  const load = (ROADSTEAD_SIMULATED_ENGINES: string) => loadConfigs({ ROADSTEAD_SIMULATED_ENGINES })
  assert.throws(() => load('unix:///run/a.sock'), /must be name=unix:\/\/\/path/)
  assert.throws(() => load('../up=unix:///run/a.sock'), /must be name=unix:\/\/\/path/)
  assert.throws(() => load('a=tcp://10.0.0.1:2375'), /must give each name a unix socket/)
  assert.throws(() => load('a=unix:///a.sock,a=unix:///b.sock'), /must name each engine once/)
  const both = {
    ROADSTEAD_SIMULATED_ENGINES: 'a=unix:///a.sock',
    ROADSTEAD_DOCKER_SOCKET: '/run/d.sock',
  }
  assert.throws(() => loadConfigs(both), /ROADSTEAD_DOCKER_SOCKET: serves one engine/)
})
