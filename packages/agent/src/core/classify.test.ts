import assert from 'node:assert/strict'
import { test } from 'node:test'
import { anEvent, idOf } from '../testing.ts'
import { classify } from './classify.ts'
import { signalNumber } from './signal.ts'

const on = (Action: string, attributes: Record<string, string> = {}, stopSignal?: string) =>
  classify(anEvent({ Action, attributes }), () => stopSignal)
const look = (urgency: 'now' | 'soon', stopping = false) => ({
  kind: 'look',
  id: idOf('a'),
  urgency,
  stopping,
})

test('what may change who serves is looked at now, the rest soon or not at all', () => {
  assert.deepEqual(on('start'), look('now'))
  assert.deepEqual(on('health_status: unhealthy'), look('now'))
  assert.deepEqual(on('destroy'), look('now'))
  assert.deepEqual(on('rename'), look('soon'))
  assert.deepEqual(on('exec_create: sh'), { kind: 'ignore' })
  assert.deepEqual(on('top'), { kind: 'ignore' })
})

test('a death, the stop signal and SIGKILL end a container, other signals do not', () => {
  assert.deepEqual(on('die'), look('now', true))
  assert.deepEqual(on('kill', { signal: '15' }), look('now', true))
  assert.deepEqual(on('kill', { signal: '9' }, 'SIGQUIT'), look('now', true))
  assert.deepEqual(on('kill', { signal: '3' }, 'SIGQUIT'), look('now', true))
  assert.deepEqual(on('kill', { signal: '15' }, 'SIGQUIT'), look('soon'))
  assert.deepEqual(on('kill', { signal: '1' }), look('soon'))
})

test('joining a network is a look at the container, a new network one at the host', () => {
  const Type = 'network'
  const joined = { Type, Action: 'connect', attributes: { container: idOf('a') } }
  assert.deepEqual(
    classify(anEvent(joined), () => undefined),
    look('soon'),
  )
  const made = { Type, Action: 'create' }
  assert.deepEqual(
    classify(anEvent(made), () => undefined),
    { kind: 'look-host' },
  )
})

test('an event that names no container leads to a list', () => {
  const event = anEvent({ Actor: { ID: 'short', Attributes: {} } })
  assert.deepEqual(
    classify(event, () => undefined),
    { kind: 'list' },
  )
})

test('every spelling of a signal has its number', () => {
  const spellings = ['SIGTERM', 'term', '15', 'SIGRTMIN+3', 'RTMIN', 'SIGNONSENSE', '']
  assert.deepEqual(spellings.map(signalNumber), [15, 15, 15, 37, 34, undefined, undefined])
})
