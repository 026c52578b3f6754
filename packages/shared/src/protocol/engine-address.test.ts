import assert from 'node:assert/strict'
import { test } from 'node:test'
import { addressInside, EngineAddress } from './engine-address.ts'

const read = (text: string) => EngineAddress.safeParse(text).data

test('an engine is a socket of this machine, or elsewhere over TCP or SSH', () => {
  assert.deepEqual(read('unix:///run/docker.sock'), { kind: 'unix', path: '/run/docker.sock' })
  assert.deepEqual(read('/run/docker.sock'), { kind: 'unix', path: '/run/docker.sock' })
  assert.deepEqual(read('tcp://10.0.0.5:2376'), { kind: 'tcp', host: '10.0.0.5', port: 2376 })
  assert.deepEqual(read('tcp://[fd00::5]:2376'), { kind: 'tcp', host: 'fd00::5', port: 2376 })
  const usual = { user: undefined, port: undefined, socket: '/var/run/docker.sock' }
  assert.deepEqual(read('ssh://gamma'), { kind: 'ssh', host: 'gamma', ...usual })
  assert.deepEqual(read('ssh://ops@gamma.example.com:2222/run/user/1000/podman/podman.sock'), {
    kind: 'ssh',
    host: 'gamma.example.com',
    user: 'ops',
    port: 2222,
    socket: '/run/user/1000/podman/podman.sock',
  })
})

test('what ssh or a path could read otherwise is no address', () => {
  const hostile = [
    'ssh://-oProxyCommand=id/x',
    'ssh://-l@host',
    'ssh://user@-host',
    'ssh://host/a:b',
    'ssh://host/a b',
    'ssh://host:0',
    'ssh://host:70000',
    'ssh://user:secret@host',
    'ssh://host;id',
    'tcp://host',
    'tcp://host:99999',
    'tcp://us er@host:1',
    'unix://relative',
    `unix:///${'a'.repeat(107)}`,
    'http://host:2375',
    'npipe:////./pipe/docker_engine',
    '',
  ]
  assert.deepEqual(
    hostile.filter((text) => read(text) !== undefined),
    [],
  )
})

test('only an IP address says where others reach the host', () => {
  const inside = (text: string) => addressInside(EngineAddress.parse(text))
  assert.equal(inside('tcp://10.0.0.5:2376'), '10.0.0.5')
  assert.equal(inside('ssh://root@[fd00::5]'), 'fd00::5')
  assert.equal(inside('ssh://gamma'), undefined)
  assert.equal(inside('unix:///run/docker.sock'), undefined)
})
