import assert from 'node:assert/strict'
import { test } from 'node:test'
import { aContainer } from '../testing.ts'
import { accept, acceptedPorts, settleAccepted } from './accepted.ts'

const it = aContainer()
const run = it.startedAt ?? ''
const accepted = accept(accept(new Map(), it.id, run, [81]), it.id, run, [80, 81])

test('ports add up within a run', () => {
  assert.deepEqual(acceptedPorts(accepted, it.id, run), [80, 81])
  assert.deepEqual(acceptedPorts(settleAccepted(accepted, it), it.id, run), [80, 81])
  assert.deepEqual(
    acceptedPorts(settleAccepted(accepted, { ...it, state: 'paused' }), it.id, run),
    [80, 81],
  )
})

test('they are void in the next run, and after the end of this one', () => {
  assert.deepEqual(acceptedPorts(accepted, it.id, 'later'), [])
  assert.equal(settleAccepted(accepted, { ...it, startedAt: 'later' }).size, 0)
  assert.equal(settleAccepted(accepted, { ...it, state: 'exited' }).size, 0)
})
