import assert from 'node:assert/strict'
import { test } from 'node:test'
import { idOf } from '../testing.ts'
import { ListedJson } from './engine-json.ts'
import { compareLists } from './listed.ts'

const item = (digit: string, more: object = {}): ListedJson =>
  ListedJson.parse({
    Id: idOf(digit),
    Names: ['/x'],
    State: 'running',
    Status: 'Up 1 second',
    ...more,
  })

test('only what the list shows otherwise is looked at, and age is not otherwise', () => {
  const first = compareLists(new Map(), [item('a'), item('b')], [])
  assert.deepEqual(first.changed, [idOf('a'), idOf('b')])
  const older = item('a', { Status: 'Up 2 hours' })
  const ill = item('b', { Status: 'Up 2 hours (unhealthy)' })
  assert.deepEqual(compareLists(first.listed, [older, ill], []).changed, [idOf('b')])
})

test('a known container that is not listed is missing, which is not yet gone (I4)', () => {
  assert.deepEqual(compareLists(new Map(), [], [idOf('c')]).missing, [idOf('c')])
})
