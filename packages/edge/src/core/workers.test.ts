import assert from 'node:assert/strict'
import { test } from 'node:test'
import { oldGenerations } from './workers.ts'

const leaving = (startTicks: number) =>
  ({ pid: startTicks, role: 'leaving-worker', startTicks }) as const

test('workers that began together are one generation', () => {
  assert.equal(oldGenerations([]), 0)
  assert.equal(oldGenerations([leaving(100), leaving(101)]), 1)
  assert.equal(oldGenerations([leaving(131), leaving(100), leaving(101), leaving(130)]), 2)
})

test('workers that serve are no old generation', () => {
  assert.equal(oldGenerations([{ pid: 1, role: 'worker', startTicks: 5 }]), 0)
})
