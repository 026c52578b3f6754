import assert from 'node:assert/strict'
import { test } from 'node:test'
import { EventView } from '@roadstead/shared/protocol/http-events.ts'
import { nextPart, type Past, PAST_MAX, UNREAD, withPage } from './past.ts'

const event = (second: number): EventView =>
  EventView.parse({
    revision: 0,
    at: new Date(second * 1_000).toISOString(),
    kind: 'container',
    host: 'h1',
    hostName: 'alpha',
    origin: 'agent',
    what: 'container changed',
    subject: `c${second}`,
    details: {},
  })

test('the first page ends where the live list begins, and each next one where the one before did', () => {
  assert.deepEqual(nextPart(UNREAD, event(50)), { until: event(50).at })
  assert.deepEqual(nextPart(UNREAD, undefined), {})
  const first = withPage(UNREAD, { items: [event(40), event(41)], total: 2, next: '40000.7' })
  assert.equal(first.state, 'more')
  assert.deepEqual(nextPart(first, event(50)), { before: '40000.7' })
  const second = withPage(first, { items: [event(30)], total: 1 })
  assert.deepEqual(
    second.events.map(({ subject }) => subject),
    ['c30', 'c40', 'c41'],
  )
  assert.equal(second.state, 'end')
})

test('a log that does not answer loses nothing that was read, and is asked for the same again', () => {
  const read: Past = { events: [event(1)], state: 'more', next: '1000.1' }
  const failed = withPage(read, undefined)
  assert.equal(failed.state, 'failed')
  assert.deepEqual(failed.events, read.events)
  assert.deepEqual(nextPart(failed, undefined), { before: '1000.1' })
})

test('a page holds so many events and no more', () => {
  const items = Array.from({ length: PAST_MAX }, (_, second) => event(second))
  assert.equal(withPage(UNREAD, { items, total: PAST_MAX, next: '0.1' }).state, 'end')
})
