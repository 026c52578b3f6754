import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { AppliedTrace } from '@roadstead/shared/protocol/edge-status.ts'
import { createMetrics } from './io/metrics.ts'
import { measureChange } from './measure-change.ts'

const applied: AppliedTrace = {
  trace: {
    action: 'start',
    timeNano: '1795295336468834113',
    agentMs: 1_795_295_336_480,
    masterMs: 1_795_295_336_485,
    writtenMs: 1_795_295_336_486,
  },
  acceptedMs: 1_795_295_336_490,
  writtenMs: 1_795_295_336_495,
  signalledMs: 1_795_295_336_496,
  answeringMs: 1_795_295_336_530,
}

test('the stages of a change add up to the whole, from the engine to the first answer', async () => {
  const metrics = createMetrics('0')
  measureChange(metrics, applied)
  const sums = sumsIn(await metrics.text())
  const { total = 0, ...stages } = sums
  assert.ok(Math.abs(total - 0.0611) < 0.001, String(total))
  const added = Object.values(stages).reduce((sum, each) => sum + each, 0)
  assert.ok(Math.abs(added - total) < 1e-6)
})

test('clocks that disagree count as no time, and are counted', async () => {
  const metrics = createMetrics('0')
  measureChange(metrics, { ...applied, acceptedMs: 1_795_295_336_400 })
  const text = await metrics.text()
  assert.equal(sumsIn(text)['write'], 0)
  assert.match(text, /negative_skew_total\{stage="write"\} 1/)
})

test('a change that no event caused is not timed', async () => {
  const metrics = createMetrics('0')
  const { timeNano: _none, ...trace } = applied.trace
  measureChange(metrics, { ...applied, trace })
  assert.deepEqual(sumsIn(await metrics.text()), {})
})

function sumsIn(text: string): Record<string, number> {
  const found = text.matchAll(/change_seconds_sum\{stage="(\w+)"\} (\S+)/g)
  return Object.fromEntries(Array.from(found, ([, stage = '', sum]) => [stage, Number(sum)]))
}
