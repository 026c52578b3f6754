import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readEnginesFile } from './engines-file.ts'

const file = (engines: unknown): string => JSON.stringify({ engines })

test('engines have names, ways to them, and addresses for visitors', () => {
  const read = readEnginesFile(
    file({
      alpha: { url: 'unix:///var/run/docker.sock' },
      beta: { url: 'tcp://10.0.0.5:2376', tls: '/etc/roadstead/beta' },
      gamma: { url: 'ssh://ops@gamma', address: '10.0.0.6', ssh: 'ssh_config', actions: 'none' },
    }),
  )
  assert.ok(read.kind === 'engines')
  assert.deepEqual(Object.keys(read.engines), ['alpha', 'beta', 'gamma'])
  assert.deepEqual(read.engines['gamma'], {
    url: 'ssh://ops@gamma',
    address: ['10.0.0.6'],
    ssh: 'ssh_config',
    actions: 'none',
  })
  assert.deepEqual(read.engines['beta']?.address, [])
})

test('all that is wrong is said at once, each with where it stands and what to write', () => {
  const read = readEnginesFile(
    file({
      'Alpha!': { url: 'unix:///a' },
      beta: { url: 'tcp://10.0.0.5:2376' },
      gamma: { url: 'ssh://-oProxyCommand=x', adress: '10.0.0.6' },
      delta: { url: 'ssh://delta', address: 'delta.example.com', tls: '/x' },
    }),
  )
  assert.ok(read.kind === 'problems')
  const all = read.problems.join('\n')
  assert.match(all, /engines\.Alpha!: .*1 to 32 of a-z/)
  assert.match(all, /engines\.beta\.tls: tcp:\/\/ needs a folder with ca\.pem/)
  assert.match(all, /engines\.gamma\.url: must be unix:/)
  assert.match(all, /engines\.gamma: Unrecognized key: "adress"/)
  assert.match(all, /engines\.delta\.address: must be an IP address/)
})

test('what is no such file is refused whole', () => {
  for (const text of ['', 'engines:', '[]', '{"engines":{}}', '{"engine":{}}']) {
    assert.equal(readEnginesFile(text).kind, 'problems')
  }
  const many = Object.fromEntries(
    Array.from({ length: 65 }, (_, n) => [`e${n}`, { url: 'unix:///a' }]),
  )
  assert.deepEqual(readEnginesFile(file(many)), {
    kind: 'problems',
    problems: ['engines: must name at most 64 engines'],
  })
})
