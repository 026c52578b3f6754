import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Container } from '@roadstead/shared/protocol/container.ts'
import { EVENT_BYTES_MAX } from '@roadstead/shared/kernel/limits.ts'
import { inspectJson, shortHash } from '../testing.ts'
import { ImageJson } from './engine-json.ts'
import { toContainer } from './to-container.ts'

const convert = (more: Record<string, unknown>, image?: unknown): Container =>
  toContainer(
    inspectJson(more),
    image === undefined ? undefined : ImageJson.parse(image),
    shortHash,
  )

test('every answer becomes a container that the vocabulary accepts', () => {
  Container.parse(convert({}))
  Container.parse(convert({ Mounts: null, NetworkSettings: { Networks: null, Ports: null } }))
})

test('the name has no slash, and times that never were are not there', () => {
  const it = convert({ State: { Status: 'created', StartedAt: '0001-01-01T00:00:00Z' } })
  assert.equal(it.name, 'shop')
  assert.equal(it.state, 'created')
  assert.equal('startedAt' in it, false)
})

test('labels that only repeat the image are its words, all others are the operator’s', () => {
  const Labels = { a: '1', b: '2', c: '3' }
  const it = convert({ Config: { Labels } }, { Config: { Labels: { a: '1', b: 'other' } } })
  assert.deepEqual(it.labels, { b: '2', c: '3' })
  assert.deepEqual(it.inheritedLabels, { a: '1' })
})

test('with the image gone every label counts as the container’s own', () => {
  assert.deepEqual(convert({ Config: { Labels: { a: '1' } } }).labels, { a: '1' })
})

test('no value of a variable leaves the host unless it asks for a route (I14)', () => {
  const Env = ['PASSWORD=hunter2', 'VIRTUAL_HOST=a.test', 'VIRTUAL_PORT=81', 'EMPTY']
  const it = convert({ Config: { Env } })
  assert.deepEqual(it.environmentNames, ['EMPTY', 'PASSWORD', 'VIRTUAL_HOST', 'VIRTUAL_PORT'])
  assert.deepEqual(it.routingEnvironment, { VIRTUAL_HOST: 'a.test', VIRTUAL_PORT: '81' })
  assert.equal(JSON.stringify(it).includes('hunter2'), false)
})

test('variables that only repeat the image’s are named', () => {
  const Env = ['VIRTUAL_HOST=a.test', 'VIRTUAL_PORT=81', 'VIRTUAL_PROTO=https', 'PASSWORD=hunter2']
  const ofImage = ['VIRTUAL_HOST=a.test', 'VIRTUAL_PORT=80', 'PASSWORD=hunter2', 'VIRTUAL_PATH=/x']
  const it = convert({ Config: { Env } }, { Config: { Env: ofImage } })
  assert.deepEqual(it.inheritedEnvironment, ['VIRTUAL_HOST'])
  assert.equal(convert({ Config: { Env } }, { Config: {} }).inheritedEnvironment, undefined)
})

test('command line and health output are never read', () => {
  const it = convert({
    Path: 'secret-path',
    Args: ['secret-arg'],
    Config: { Cmd: ['secret-cmd'], Entrypoint: ['secret-entry'] },
    State: { Status: 'running', Health: { Status: 'healthy', Log: [{ Output: 'secret-log' }] } },
  })
  assert.equal(it.health, 'healthy')
  assert.equal(JSON.stringify(it).includes('secret'), false)
})

test('the environment hash sees every change and no order', () => {
  const hash = (Env: string[]): string => convert({ Config: { Env } }).environmentHash
  assert.equal(hash(['A=1', 'B=2']), hash(['B=2', 'A=1']))
  assert.notEqual(hash(['A=1', 'B=2']), hash(['A=1', 'B=3']))
})

test('the engine’s defaults for stopping are filled in', () => {
  const it = convert({})
  assert.deepEqual([it.stopSignal, it.stopGraceMs, it.restartPolicy], ['SIGTERM', 10_000, 'no'])
  const own = convert({ Config: { StopSignal: 'SIGQUIT', StopTimeout: 0 } })
  assert.deepEqual([own.stopSignal, own.stopGraceMs], ['SIGQUIT', 0])
  assert.equal(convert({ Config: { StopTimeout: -1 } }).stopGraceMs, 86_400_000)
})

test('words of Podman become ours', () => {
  const state = (Status: string): string => convert({ State: { Status } }).state
  assert.deepEqual(
    ['configured', 'stopped', 'stopping'].map(state),
    [...(['created', 'exited', 'running'] as const)].map(String),
  )
  assert.equal(convert({ State: { Status: 'new word', Running: true } }).state, 'running')
})

test('a volume is named by its name, a bind by its path', () => {
  const Mounts = [
    {
      Type: 'volume',
      Name: 'data',
      Source: '/var/lib/docker/volumes/data/_data',
      Destination: '/d',
      RW: true,
    },
    { Type: 'bind', Source: '/etc/hosts', Destination: '/h', RW: false },
    { Type: 'strange', Destination: '/s' },
  ]
  assert.deepEqual(
    convert({ Mounts }).mounts.map((it) => `${it.kind} ${it.source} ${it.writable}`),
    ['volume data true', 'bind /etc/hosts false', 'other  false'],
  )
})

test('a container too large for a message keeps its routes and its state', () => {
  const notes = Array.from({ length: 250 }, (_, n) => [`note.${n}`, 'x'.repeat(4_000)])
  const Labels = { ...Object.fromEntries(notes), 'roadstead.host': 'a.test' }
  const it = convert({ Config: { Labels } })
  assert.ok(JSON.stringify(it).length < EVENT_BYTES_MAX)
  assert.deepEqual(it.labels, { 'roadstead.host': 'a.test' })
  assert.equal(it.state, 'running')
})
