import assert from 'node:assert/strict'
import { test } from 'node:test'
import { cause, idOf } from '../testing.ts'
import { LookSchedule } from './look-schedule.ts'

const a = idOf('a')
const b = idOf('b')

function taken(schedule: LookSchedule, nowMs: number, max = 8): string[] {
  return schedule.take(nowMs, max).map((it) => it.id[0] ?? '')
}

test('the first event of a container is looked at at once', () => {
  const schedule = new LookSchedule()
  schedule.notice(a, cause, 'now', 1_000)
  assert.deepEqual(taken(schedule, 1_000), ['a'])
})

test('one run of a container is four urgent events, and the last is not late', () => {
  const schedule = new LookSchedule()
  for (let event = 0; event < 4; event += 1) {
    schedule.notice(a, cause, 'now', event)
    assert.deepEqual(taken(schedule, event), ['a'])
    schedule.finish(a)
  }
  schedule.notice(a, cause, 'now', 4)
  assert.deepEqual(taken(schedule, 4), [])
  assert.equal(schedule.nextDueMs(4), 104)
})

test('a storm costs ten looks a second at most, and its end is seen within 100 ms', () => {
  const schedule = new LookSchedule()
  let looks = 0
  for (let ms = 0; ms < 1_000; ms += 1) {
    schedule.notice(a, cause, 'now', ms)
    looks += taken(schedule, ms).length
    schedule.finish(a)
  }
  assert.ok(looks <= 14, `${looks} looks`)
  assert.deepEqual(taken(schedule, 1_100), ['a'])
})

test('what may wait joins what comes within 100 ms', () => {
  const schedule = new LookSchedule()
  schedule.notice(a, cause, 'soon', 0)
  schedule.notice(a, cause, 'soon', 90)
  assert.deepEqual(taken(schedule, 99), [])
  assert.deepEqual(taken(schedule, 100), ['a'])
  schedule.finish(a)
  assert.deepEqual(taken(schedule, 300), [])
})

test('a container is looked at once at a time, and again for what came meanwhile', () => {
  const schedule = new LookSchedule()
  schedule.notice(a, cause, 'now', 0)
  assert.deepEqual(taken(schedule, 0), ['a'])
  const later = { action: 'start', seenAtMs: 1 }
  schedule.notice(a, later, 'now', 1)
  assert.deepEqual(taken(schedule, 1), [])
  assert.deepEqual(schedule.meanwhile(a), later)
  schedule.finish(a)
  assert.deepEqual(taken(schedule, 2), ['a'])
})

test('what the answer under way shows already is looked at again, but not at once', () => {
  const schedule = new LookSchedule()
  const start = { action: 'start', seenAtMs: 1 }
  schedule.notice(a, cause, 'now', 0)
  assert.deepEqual(taken(schedule, 0), ['a'])
  schedule.notice(a, start, 'now', 1)
  schedule.relax(a, 2)
  schedule.finish(a)
  assert.deepEqual(taken(schedule, 101), [])
  assert.deepEqual(taken(schedule, 102), ['a'])
})

test('where something else has asked, too, the next look is at once', () => {
  const schedule = new LookSchedule()
  schedule.notice(a, cause, 'now', 0)
  assert.deepEqual(taken(schedule, 0), ['a'])
  schedule.notice(a, { action: 'start', seenAtMs: 1 }, 'now', 1)
  schedule.notice(a, { action: 'die', seenAtMs: 1 }, 'now', 1)
  schedule.relax(a, 2)
  schedule.finish(a)
  assert.deepEqual(taken(schedule, 2), ['a'])
})

test('a list that fills all places leaves two for events', () => {
  const schedule = new LookSchedule()
  for (const digit of '123456789') schedule.notice(idOf(digit), cause, 'listed', 0)
  assert.equal(taken(schedule, 0).length, 6)
  assert.deepEqual(taken(schedule, 1, 2), [])
  assert.equal(schedule.nextDueMs(1), undefined)
  schedule.notice(b, cause, 'now', 1)
  assert.deepEqual(taken(schedule, 1, 2), ['b'])
})

test('an urgent event makes a waiting look urgent, and names its cause', () => {
  const schedule = new LookSchedule()
  schedule.notice(a, { action: 'connect', seenAtMs: 0 }, 'soon', 0)
  schedule.notice(a, { action: 'start', seenAtMs: 5 }, 'now', 5)
  assert.deepEqual(schedule.take(5, 8), [{ id: a, cause: { action: 'start', seenAtMs: 5 } }])
})
