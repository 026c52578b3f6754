import assert from 'node:assert/strict'
import { test } from 'node:test'
import { HostId } from '@roadstead/shared/kernel/ids.ts'
import type { Container } from '@roadstead/shared/protocol/container.ts'
import { exampleContainer } from '../examples.ts'
import { fitnessOf, type FitnessFacts } from './eligible.ts'

function fitness(container: Partial<Container>, facts: Partial<FitnessFacts> = {}): string {
  const found = fitnessOf({
    container: exampleContainer(1, container),
    port: 80,
    protocol: undefined,
    presence: 'present',
    drain: undefined,
    taken: undefined,
    narrow: undefined,
    flapping: undefined,
    ...facts,
  })
  return found.kind === 'unfit' ? found.reason : found.kind
}

test('a container that runs and accepts connections is fit', () => {
  assert.equal(fitness({}), 'fit')
})

test('a HEALTHCHECK decides where there is one, and the port where there is none', () => {
  assert.equal(fitness({ health: 'healthy', accepting: [] }), 'fit')
  assert.equal(fitness({ health: 'starting' }), 'health-starting')
  assert.equal(fitness({ health: 'unhealthy' }), 'unhealthy')
  assert.equal(fitness({ accepting: [81] }), 'not-accepting')
})

test('whatever does not run does not serve', () => {
  for (const state of ['created', 'restarting', 'removing', 'exited', 'dead'] as const) {
    assert.equal(fitness({ state }), 'not-running', state)
  }
  assert.equal(fitness({ state: 'paused' }), 'paused')
  assert.equal(fitness({ stopping: true }), 'stopping')
})

test('a drain takes a fit container out', () => {
  const host = HostId.parse('alpha')
  const drain = { kind: 'drain' as const, host, by: 'ann', why: 'upgrade', since: 'then' }
  assert.equal(fitness({}, { drain }), 'drained')
})

test('a stale host changes nothing, and of a lost one nothing is known (I5)', () => {
  assert.equal(fitness({}, { presence: 'stale' }), 'fit')
  assert.equal(fitness({}, { presence: 'lost' }), 'silent')
  assert.equal(fitness({}, { presence: 'forgotten' }), 'silent')
  assert.equal(fitness({ state: 'exited' }, { presence: 'lost' }), 'not-running')
})
