import assert from 'node:assert/strict'
import { test } from 'node:test'
import { paceMs } from './pace.ts'

const idle = {
  nowMs: 10_000,
  wantedSinceMs: 10_000,
  last: undefined,
  oldGenerations: 0,
  removes: false,
}

const cases = [
  ['the first change goes at once', idle, 0],
  ['long after the last reload, too', { ...idle, last: { signalledMs: 9_000, tookMs: 20 } }, 0],
  ['reloads are 150 ms apart', { ...idle, last: { signalledMs: 9_900, tookMs: 20 } }, 50],
  ['or twice what the last one took', { ...idle, last: { signalledMs: 9_900, tookMs: 200 } }, 300],
  ['nine old generations delay an addition', { ...idle, oldGenerations: 9 }, 2_000],
  ['eight do not', { ...idle, oldGenerations: 8 }, 0],
  ['a removal never waits for them', { ...idle, oldGenerations: 99, removes: true }, 0],
  [
    'and an addition not longer than two seconds',
    { ...idle, wantedSinceMs: 8_000, oldGenerations: 99 },
    0,
  ],
] as const

for (const [name, pace, expected] of cases) {
  test(name, () => assert.equal(paceMs(pace), expected))
}
