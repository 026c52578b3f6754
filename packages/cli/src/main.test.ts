import assert from 'node:assert/strict'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { test } from 'node:test'
import { createIdentity } from '@roadstead/bus/identity.ts'
import { SiteId } from '@roadstead/shared/kernel/ids.ts'
import { RoadsteadError } from '@roadstead/shared/kernel/roadstead-error.ts'
import * as world from './commands/golden.fixtures.ts'
import { VERSION } from './core/version.ts'
import { fakeMaster } from './testing/fake-master.ts'
import { roadstead } from './testing/roadstead.ts'
import { requirePorts } from './up/require-ports.ts'

test('a list is a table for people and the API’s own data for programs', async () => {
  await using master = await fakeMaster({ 'GET /api/v1/hosts': { body: list(world.hosts) } })

  const table = await roadstead(['hosts', '--server', master.url])
  const json = await roadstead(['hosts', '--server', master.url, '-o', 'json'])
  const yaml = await roadstead(['hosts', 'alpha', '--server', master.url, '-o', 'yaml'])

  assert.equal(table.code, 0, table.err)
  assert.match(table.out, /^HOST +PRESENCE/)
  assert.deepEqual(JSON.parse(json.out), list(world.hosts))
  assert.match(yaml.out, /name: alpha/)
  assert.doesNotMatch(yaml.out, /name: beta/)
})

test('explain says no with exit code 1, and yes with 0', async () => {
  const { explanation } = world
  await using no = await fakeMaster({ 'GET /api/v1/explain': { body: explanation } })
  await using yes = await fakeMaster({
    'GET /api/v1/explain': { body: { ...explanation, routed: true } },
  })

  assert.equal((await roadstead(['explain', 'blog', '--server', no.url])).code, 1)
  assert.equal((await roadstead(['explain', 'blog', '--server', yes.url])).code, 0)
})

test('each way to fail has its exit code and says what to do', async () => {
  await using empty = await fakeMaster({})

  const unreachable = await roadstead(['ps', '--server', 'http://127.0.0.1:9'])
  const missing = await roadstead(['explain', 'nothing', '--server', empty.url])
  const usage = await roadstead(['hosts', '-o', 'xml'])
  const command = await roadstead(['hots'])
  const span = await roadstead(['token', 'create', '--ttl', 'soon', '--server', empty.url])
  const config = await roadstead(['ps'], { ROADSTEAD_API_PORT: 'seventy', ROADSTEAD_BIND: 'here' })

  const codes = [unreachable, missing, usage, command, span, config].map(({ code }) => code)
  assert.deepEqual(codes, [6, 3, 2, 2, 2, 2])
  assert.match(unreachable.err, /master-unreachable.*\n→ Check --server/)
  assert.match(missing.err, /not-found.*\n→ use another/)
  assert.match(command.err, /Did you mean hosts/)
  assert.match(config.err, /ROADSTEAD_API_PORT: must be a port.*ROADSTEAD_BIND: must be an IP/)
})

test('a token is sent as it was given: by file, by variable or from the state directory', async () => {
  await using master = await fakeMaster({ 'GET /api/v1/hosts': { body: list([]) } })
  await using dir = tempDir()
  fs.writeFileSync(path.join(dir.path, 'admin.token'), 'token-of-the-state-dir\n')
  const file = path.join(dir.path, 'other')
  fs.writeFileSync(file, 'token-of-a-file-named\n')
  const hosts = ['hosts', '--server', master.url, '--state-dir', dir.path]

  await roadstead(hosts)
  await roadstead([...hosts, '--token-file', file])
  await roadstead(hosts, { ROADSTEAD_TOKEN: 'token-of-the-variable' })

  assert.deepEqual(
    master.requests.map(({ authorization }) => authorization),
    [
      'Bearer token-of-the-state-dir',
      'Bearer token-of-a-file-named',
      'Bearer token-of-the-variable',
    ],
  )
})

test('a made token stands alone on standard output', async () => {
  const reply = { id: '0123456789abcdef', token: 'secret', expiresAt: '2026-03-04T13:00:00Z' }
  await using master = await fakeMaster({ 'POST /api/v1/tokens': { status: 201, body: reply } })

  const made = await roadstead(['token', 'create', '--uses', '2', '--server', master.url])

  assert.equal(made.out, 'secret\n')
  assert.deepEqual(master.requests[0]?.body, {
    kind: 'join',
    role: 'agent',
    ttlSeconds: 3_600,
    uses: 2,
    note: '',
  })
})

test('joining keeps an identity, refuses to do it twice, and enrols the same key again', async () => {
  const publicKey = `U${'A'.repeat(55)}`
  const reply = { site: 'main', id: 'h-1', natsUrl: 'nats://127.0.0.1:4222', masters: [publicKey] }
  await using master = await fakeMaster({ 'POST /api/v1/join': { body: reply } })
  await using dir = tempDir()
  const token = path.join(dir.path, 'token')
  fs.writeFileSync(token, 'a-join-token-of-some-length\n')
  const state = path.join(dir.path, 'agent')
  const join = ['join', master.url, '--token-file', token, '--state-dir', state, '--no-start']

  const first = await roadstead(join)
  const second = await roadstead(join)
  fs.rmSync(path.join(state, 'identity.json'))
  await roadstead(join)

  assert.equal(first.code, 0, first.err)
  assert.equal(second.code, 5)
  assert.match(second.err, /already-joined.*\n→ Use another --state-dir; or leave first/)
  assert.equal(fs.statSync(path.join(state, 'nkey.seed')).mode & 0o777, 0o600)
  const [one, two] = master.requests.map(({ body }) => JSON.stringify(body))
  assert.equal(keyIn(one), keyIn(two))
  assert.equal(master.requests[0]?.authorization, undefined)
})

test('engines of a file join one by one, each with a key of its own, and only once', async () => {
  const publicKey = `U${'A'.repeat(55)}`
  const reply = { site: 'main', id: 'h-1', natsUrl: 'nats://127.0.0.1:4222', masters: [publicKey] }
  await using master = await fakeMaster({ 'POST /api/v1/join': { body: reply } })
  await using dir = tempDir()
  const token = path.join(dir.path, 'token')
  fs.writeFileSync(token, 'a-join-token-of-some-length\n')
  const file = path.join(dir.path, 'engines.json')
  const write = (engines: unknown) => fs.writeFileSync(file, JSON.stringify({ engines }))
  const gamma = { url: 'ssh://gamma' }
  const state = path.join(dir.path, 'agent')
  const more = ['--token-file', token, '--state-dir', state, '--engines', file, '--no-start']
  const join = ['join', master.url, ...more]

  write({ beta: { url: 'tcp://10.0.0.5' } })
  const wrong = await roadstead(join)
  assert.equal(wrong.code, 2)
  assert.match(wrong.err, /ROADSTEAD_ENGINES: .*engines\.beta\.url: must be unix:/)
  assert.deepEqual(master.requests, [])

  write({ gamma })
  assert.equal((await roadstead(join)).code, 0)
  write({ gamma, delta: { url: 'ssh://delta' } })
  const second = await roadstead(join)
  assert.equal(second.code, 0, second.err)
  assert.match(second.err, /gamma has joined before/)
  const asked = master.requests.map(({ body }) => JSON.stringify(body))
  assert.equal(asked.length, 2)
  assert.match(asked[0] ?? '', /"name":"gamma"/)
  assert.match(asked[1] ?? '', /"name":"delta"/)
  assert.notEqual(keyIn(asked[0]), keyIn(asked[1]))
  for (const name of ['gamma', 'delta']) {
    const identity = fs.readFileSync(path.join(state, name, 'identity.json'), 'utf8')
    assert.match(identity, new RegExp(`"name": "${name}"`))
    assert.equal(fs.statSync(path.join(state, name, 'nkey.seed')).mode & 0o777, 0o600)
  }
})

test('a role without an identity says how to get one', async () => {
  await using dir = tempDir()

  const { code, err } = await roadstead(['agent', '--state-dir', dir.path])

  assert.equal(code, 2)
  assert.match(err, /holds no identity; run: roadstead join URL --token-file F --role agent/)
})

test('a role is started with what it alone reads, and names all that is wrong with it', async () => {
  await using dir = tempDir()
  await createIdentity(dir.path, {
    role: 'agent',
    id: 'a-1',
    name: 'alpha',
    site: SiteId.parse('main'),
    natsUrl: 'nats://127.0.0.1:4222',
    masters: [],
  })

  const { code, err } = await roadstead(['agent', '--state-dir', dir.path], {
    ROADSTEAD_API_PORT: 'not for an agent',
    ROADSTEAD_ADVERTISE: 'foo',
    DOCKER_HOST: 'foo',
  })

  assert.equal(code, 2)
  assert.match(err, /DOCKER_HOST: must be unix.*ROADSTEAD_ADVERTISE: must be IP addresses/)
  assert.doesNotMatch(err, /ROADSTEAD_API_PORT/)
})

test('a state directory that cannot be read is not one without an identity', async () => {
  await using dir = tempDir()
  const state = path.join(dir.path, 'loop')
  fs.symlinkSync(state, state)

  const { code, err } = await roadstead(['agent', '--state-dir', state])

  assert.equal(code, 1)
  assert.match(
    err,
    new RegExp(`could not be read.*${state}/identity.json.*\n→ Check that the path`),
  )
})

test('doctor says what an engine that may not be opened needs, and goes on', async () => {
  await using master = await fakeMaster({})
  const doctor = ['doctor', '--server', master.url]

  const odd = await roadstead([...doctor, '-o', 'json'], { DOCKER_HOST: 'ssh://alpha' })

  assert.match(odd.out, /neither unix:\/\/\/path nor tcp:\/\/host:port/)
  assert.match(odd.out, /Correct every key that is listed/)
  assert.match(odd.out, /MiB free/)
})

test('up without an engine names the simulated one', async () => {
  await using dir = tempDir()
  const none = { DOCKER_HOST: `unix://${dir.path}/none.sock`, PATH: '/usr/bin:/bin:/usr/sbin' }

  const { code, err } = await roadstead(['up', '--state-dir', path.join(dir.path, 's')], none)

  assert.equal(code, 6)
  assert.match(err, /engine-unreachable.*--engine simulated/)
})

test('a simulation says which of its numbers are wrong before it starts anything', async () => {
  await using dir = tempDir()
  const flags = ['--hosts', '0', '--rate', 'lots', '--state-dir', dir.path]

  const { code, err } = await roadstead(['simulate', ...flags])
  const nats = { ROADSTEAD_NATS_URL: 'nats://127.0.0.1:4222' }
  const other = await roadstead(['simulate', '--state-dir', dir.path], nats)

  assert.equal(code, 2)
  assert.match(err, /--hosts: must be a whole number from 1 to 1000.*--rate: must be a number/)
  assert.equal(other.code, 2)
  assert.match(other.err, /ROADSTEAD_NATS_URL: is not for a simulation/)
  assert.deepEqual(fs.readdirSync(dir.path), [])
})

test('an address that this machine does not have is a wrong ROADSTEAD_BIND', async () => {
  await assert.rejects(
    requirePorts([{ address: '192.0.2.1', port: 1, variable: 'ROADSTEAD_API_PORT', what: 'it' }]),
    (error: unknown) =>
      error instanceof RoadsteadError &&
      error.code === 'bad-config' &&
      /192\.0\.2\.1 is no address of this machine/.test(String(error.facts['ROADSTEAD_BIND'])),
  )
})

test('the version is that of the repository', () => {
  const root = path.join(import.meta.dirname, '..', '..', '..', 'package.json')

  assert.equal(JSON.parse(fs.readFileSync(root, 'utf8')).version, VERSION)
})

function list(items: readonly unknown[]) {
  return JSON.parse(JSON.stringify({ items, total: items.length }))
}

function keyIn(text = ''): string | undefined {
  return /"publicKey":"(U[A-Z2-7]+)"/.exec(text)?.[1]
}

function tempDir() {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'roadstead-cli-'))
  return {
    path: dir,
    [Symbol.asyncDispose]: async () => fs.rmSync(dir, { recursive: true, force: true }),
  }
}
