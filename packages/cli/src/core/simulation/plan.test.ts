import assert from 'node:assert/strict'
import { test } from 'node:test'
import { planOf } from './plan.ts'

const usual = { hosts: '3', containers: '10', rate: '5' }

test('numbers are taken as they are written', () => {
  const flags = { ...usual, rate: '0.5', seed: '0', for: '10m', faults: true } as const
  assert.deepEqual(planOf(flags, 7), {
    kind: 'plan',
    plan: { hosts: 3, containers: 10, perSecond: 0.5, seed: 0, forMs: 600_000, faults: true },
  })
  const open = planOf(usual, 7)
  assert.ok(open.kind === 'plan' && open.plan.seed === 7 && open.plan.forMs === undefined)
})

test('what is wrong is told by flag, all at once, with what would be right', () => {
  const flags = { hosts: '0', containers: '1e3', rate: 'lots', seed: '-1', for: 'soon' }
  const read = planOf(flags, 7)
  assert.ok(read.kind === 'problems')
  assert.deepEqual(Object.keys(read.problems).sort(), [
    '--containers',
    '--for',
    '--hosts',
    '--rate',
    '--seed',
  ])
  assert.match(read.problems['--hosts'] ?? '', /whole number from 1 to 1000, and is 0$/)
  assert.match(read.problems['--for'] ?? '', /30s, 10m or 2h/)
})

test('numbers that are each right may be too much together', () => {
  const read = planOf({ ...usual, hosts: '1000', containers: '250' }, 7)
  assert.ok(read.kind === 'problems')
  assert.match(read.problems['--containers'] ?? '', /250000 of them on all hosts; at most 20000/)
  for (const rate of ['-1', '1001', '1e3', '', 'Infinity']) {
    assert.equal(planOf({ ...usual, rate }, 7).kind, 'problems', rate)
  }
})
