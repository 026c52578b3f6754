import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  type EngineEvent,
  eventLine,
  EventRing,
  nanosOf,
  parseFilter,
  passes,
} from './event-ring.ts'

const event = { type: 'container', action: 'start', id: 'abc', attributes: { name: 'x' } } as const

function heard(ring: EventRing, since: bigint | undefined): EngineEvent[] {
  const events: EngineEvent[] = []
  using _heard = ring.subscribe(since, (it) => events.push(it))
  return events
}

test('the past is 256 events long, and no two have one stamp', () => {
  const ring = new EventRing()
  for (let count = 0; count < 300; count += 1) ring.add(event, 1_000)
  const past = heard(ring, 0n)
  assert.equal(past.length, 256)
  assert.equal(new Set(past.map((it) => it.nano)).size, 256)
  assert.equal(heard(ring, undefined).length, 0)
})

test('the past is asked for to the nanosecond', () => {
  const ring = new EventRing()
  ring.add(event, 1_000)
  ring.add(event, 1_000)
  const [first] = heard(ring, 0n)
  assert.ok(first !== undefined)
  assert.equal(heard(ring, first.nano).length, 2)
  assert.equal(heard(ring, first.nano + 1n).length, 1)
  assert.equal(nanosOf('1.5'), 1_500_000_000n)
  assert.equal(nanosOf(null), undefined)
})

test('filters come as lists or as objects, and match an action without its detail', () => {
  const healthy = { ...event, action: 'health_status: healthy', nano: 1n }
  const lists = parseFilter('{"type":["container"],"event":["health_status"]}')
  const objects = parseFilter('{"type":{"network":true}}')
  assert.equal(passes(lists, healthy), true)
  assert.equal(passes(objects, healthy), false)
  assert.equal(passes(parseFilter(null), healthy), true)
})

test('a line keeps every digit of its nanoseconds', () => {
  const line = eventLine({ ...event, nano: 1_795_295_336_468_834_113n })
  assert.match(line, /"timeNano":1795295336468834113\}\n$/)
})
