import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { test } from 'node:test'
import { RoadsteadError } from '@roadstead/shared/kernel/roadstead-error.ts'
import { configsOf, environmentOf, loadConfig, WITHOUT_TLS } from './config.ts'

test('without anything said it watches the usual socket', () => {
  const config = loadConfig({})
  assert.deepEqual(config.engine, { kind: 'unix', path: '/var/run/docker.sock' })
  assert.deepEqual(config.advertise, [])
  assert.equal(config.logLevel, 'info')
})

test('an engine elsewhere is watched with certificates, or plainly where somebody said so', () => {
  const tcp = { DOCKER_HOST: 'tcp://10.0.0.1:2376' }
  assert.throws(() => loadConfig(tcp), /DOCKER_CERT_PATH: tcp:\/\/ needs a folder with ca\.pem/)
  assert.equal(loadConfig({ ...tcp, DOCKER_CERT_PATH: '/certs' }).certificates, '/certs')
  assert.equal(loadConfig({ ...tcp, DOCKER_CERT_PATH: 'none' }).certificates, WITHOUT_TLS)
  assert.equal(loadConfig({ DOCKER_HOST: 'ssh://ops@gamma' }).engine.kind, 'ssh')
})

test('everything that is wrong is named at once', () => {
  assert.throws(
    () => loadConfig({ DOCKER_HOST: 'http://10.0.0.1:2375', ROADSTEAD_ADVERTISE: 'nowhere' }),
    (error: unknown) =>
      error instanceof RoadsteadError &&
      Object.keys(error.facts).join() === 'DOCKER_HOST,ROADSTEAD_ADVERTISE',
  )
})

test('a drain-aware socket is refused for an engine elsewhere, which it could not serve', () => {
  assert.throws(
    () => loadConfig({ DOCKER_HOST: 'ssh://gamma', ROADSTEAD_DOCKER_SOCKET: '/run/x.sock' }),
    /ROADSTEAD_DOCKER_SOCKET: is served for an engine of this machine only/,
  )
})

test('engines by name come from a file, and paths in it lie beside it', () => {
  using folder = tempFolder()
  const file = path.join(folder.path, 'engines.json')
  writeFileSync(
    file,
    JSON.stringify({
      engines: {
        beta: { url: 'tcp://10.0.0.5:2376', tls: 'beta', address: '10.0.0.5', actions: 'none' },
        gamma: { url: 'ssh://gamma', ssh: '/etc/ssh/gamma' },
      },
    }),
  )
  const env = { ROADSTEAD_ENGINES: file, ROADSTEAD_STATE_DIR: '/state', DOCKER_HOST: 'unix:///x' }
  const { engines, stateDir } = loadConfig(env)
  assert.ok(engines?.['beta'] !== undefined && engines['gamma'] !== undefined)
  const beta = environmentOf('beta', engines['beta'], { env, stateDir })
  const own = loadConfig(beta)
  assert.equal(own.stateDir, '/state/beta')
  assert.equal(own.engines, undefined)
  assert.deepEqual(own.engine, { kind: 'tcp', host: '10.0.0.5', port: 2376 })
  assert.equal(own.certificates, path.join(folder.path, 'beta'))
  assert.deepEqual([own.advertise, own.actions], [['10.0.0.5'], 'none'])
  const gamma = loadConfig(environmentOf('gamma', engines['gamma'], { env, stateDir }))
  assert.deepEqual([gamma.sshConfig, gamma.actions], ['/etc/ssh/gamma', 'restart'])
})

test('beside engines by name, what is meant for one engine is refused with where to say it', () => {
  using folder = tempFolder()
  const file = path.join(folder.path, 'engines.json')
  const wrong = {
    ROADSTEAD_ENGINES: file,
    ROADSTEAD_DOCKER_SOCKET: '/run/x.sock',
    ROADSTEAD_ADVERTISE: '10.0.0.1',
  }
  assert.throws(() => loadConfig(wrong), /ROADSTEAD_ENGINES: .*engines\.json cannot be read/)
  writeFileSync(file, '{"engines": {"beta": {"url": "tcp://10.0.0.5"}}}')
  assert.throws(
    () => loadConfig(wrong),
    (error: unknown) =>
      error instanceof RoadsteadError &&
      String(error.facts['ROADSTEAD_ENGINES']).includes('engines.beta.url: must be') &&
      error.facts['ROADSTEAD_DOCKER_SOCKET'] !== undefined &&
      error.facts['ROADSTEAD_ADVERTISE'] !== undefined,
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
  const all = configs({ ROADSTEAD_SIMULATED_ENGINES, ROADSTEAD_STATE_DIR: '/state' })
  assert.deepEqual(
    all.map(({ stateDir, engine }) => [stateDir, engine.kind === 'unix' && engine.path]),
    [
      ['/state/alpha', '/run/a.sock'],
      ['/state/beta', '/run/b.sock'],
    ],
  )
  const [one] = configs({ DOCKER_HOST: 'unix:///run/c.sock' })
  assert.deepEqual(one?.engine, { kind: 'unix', path: '/run/c.sock' })
})

test('simulated engines are refused that could not be told apart or opened', () => {
  const load = (ROADSTEAD_SIMULATED_ENGINES: string) => configs({ ROADSTEAD_SIMULATED_ENGINES })
  assert.throws(() => load('unix:///run/a.sock'), /must be name=unix:\/\/\/path/)
  assert.throws(() => load('../up=unix:///run/a.sock'), /must be name=unix:\/\/\/path/)
  assert.throws(() => load('a=tcp://10.0.0.1:2375'), /must give each name a unix socket/)
  assert.throws(() => load('a=unix:///a.sock,a=unix:///b.sock'), /must name each engine once/)
  const both = {
    ROADSTEAD_SIMULATED_ENGINES: 'a=unix:///a.sock',
    ROADSTEAD_DOCKER_SOCKET: '/run/d.sock',
  }
  assert.throws(() => configs(both), /ROADSTEAD_DOCKER_SOCKET: serves one engine/)
})

const configs = (env: Parameters<typeof loadConfig>[0]) => configsOf(loadConfig(env))

function tempFolder() {
  const made = mkdtempSync(path.join(tmpdir(), 'roadstead-config-'))
  return { path: made, [Symbol.dispose]: () => rmSync(made, { recursive: true }) }
}
