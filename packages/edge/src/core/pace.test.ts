import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isBudgetNear, paceMs } from './pace.ts'

const MIB = 1024 * 1024
const none = { generations: 0, bytes: 0 }

const idle = {
  nowMs: 10_000,
  wantedSinceMs: 10_000,
  last: undefined,
  oldWorkers: none,
  removes: false,
}

const cases = [
  ['the first change goes at once', idle, 0],
  ['long after the last reload, too', { ...idle, last: { signalledMs: 9_000, tookMs: 20 } }, 0],
  ['reloads are 150 ms apart', { ...idle, last: { signalledMs: 9_900, tookMs: 20 } }, 50],
  ['or twice what the last one took', { ...idle, last: { signalledMs: 9_900, tookMs: 200 } }, 300],
  [
    'nine old generations delay an addition',
    { ...idle, oldWorkers: { ...none, generations: 9 } },
    2_000,
  ],
  ['eight do not', { ...idle, oldWorkers: { ...none, generations: 8 } }, 0],
  [
    'two that hold more than 512 MiB do',
    { ...idle, oldWorkers: { generations: 2, bytes: 513 * MIB } },
    2_000,
  ],
  ['and none that hold less', { ...idle, oldWorkers: { generations: 2, bytes: 511 * MIB } }, 0],
  [
    'a removal never waits for them',
    { ...idle, oldWorkers: { generations: 99, bytes: 9_999 * MIB }, removes: true },
    0,
  ],
  [
    'and an addition not longer than two seconds',
    { ...idle, wantedSinceMs: 8_000, oldWorkers: { generations: 99, bytes: 9_999 * MIB } },
    0,
  ],
] as const

for (const [name, pace, expected] of cases) {
  test(name, () => assert.equal(paceMs(pace), expected))
}

test('old workers are counted again once half of a budget is used', () => {
  assert.equal(isBudgetNear(none), false)
  assert.equal(isBudgetNear({ generations: 4, bytes: 256 * MIB }), false)
  assert.equal(isBudgetNear({ generations: 5, bytes: 0 }), true)
  assert.equal(isBudgetNear({ generations: 1, bytes: 257 * MIB }), true)
})
