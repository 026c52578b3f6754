import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { LiveFrame } from '@roadstead/shared/protocol/live.ts'
import { routeKey } from '@roadstead/shared/protocol/route-key.ts'
import { keyOf } from './keys.ts'
import { EVENTS_MAX, NOTHING_YET, reduce } from './reduce.ts'
import { event, liveState, route } from './sample.ts'

const snapshot = (revision: number, instance = 'one'): LiveFrame => ({
  kind: 'snapshot',
  instance,
  revision,
  state: liveState({ routes: [route('a.example')], events: [event(1)] }),
})

const feedAt = (revision: number) => reduce(NOTHING_YET, snapshot(revision)).feed

test('a snapshot replaces whatever was known', () => {
  const { feed, next } = reduce(feedAt(7), snapshot(3, 'two'))
  assert.equal(next, 'read-on')
  assert.deepEqual(feed.position, { instance: 'two', revision: 3 })
})

test('a patch replaces, adds and removes rows, and keeps them sorted', () => {
  const { feed, next } = reduce(feedAt(7), {
    kind: 'patch',
    from: 7,
    revision: 9,
    patch: {
      routes: { up: [route('c.example'), route('b.example')], gone: ['a.example prefix /'] },
    },
  })
  assert.equal(next, 'read-on')
  assert.deepEqual(
    feed.data?.routes.map((row) => row.domain),
    ['b.example', 'c.example'],
  )
  assert.equal(feed.position?.revision, 9)
})

test('collections that a patch does not name stay the same arrays', () => {
  const before = feedAt(7)
  const { feed } = reduce(before, {
    kind: 'patch',
    from: 7,
    revision: 8,
    patch: { events: [event(2)] },
  })
  assert.equal(feed.data?.routes, before.data?.routes)
  assert.equal(feed.data?.events.length, 2)
})

test('a patch on another revision is not applied: the page asks anew and keeps its rows', () => {
  const before = feedAt(7)
  const { feed, next } = reduce(before, {
    kind: 'patch',
    from: 8,
    revision: 9,
    patch: { routes: { up: [], gone: ['a.example prefix /'] } },
  })
  assert.equal(next, 'again')
  assert.equal(feed.position, undefined)
  assert.equal(feed.data, before.data)
})

test('an idle frame of another revision means that something was missed', () => {
  assert.equal(reduce(feedAt(7), { kind: 'idle', revision: 7 }).next, 'read-on')
  assert.equal(reduce(feedAt(7), { kind: 'idle', revision: 8 }).next, 'again')
})

test('a page that read too slowly takes no patch until the snapshot', () => {
  const { feed, next } = reduce(feedAt(7), { kind: 'lagged' })
  assert.equal(next, 'read-on')
  assert.equal(feed.position, undefined)
  assert.deepEqual(reduce(feed, snapshot(9)).feed.position, { instance: 'one', revision: 9 })
})

test('a master that says goodbye names the leader', () => {
  const bye: LiveFrame = { kind: 'goaway', reason: 'shutdown', leaderUrl: 'http://other' }
  const { feed, next } = reduce(feedAt(7), bye)
  assert.equal(next, 'again')
  assert.equal(feed.elsewhere, 'http://other')
})

test('only the newest events are kept', () => {
  const events = Array.from({ length: EVENTS_MAX + 50 }, (_, index) => event(index + 1))
  const { feed } = reduce(feedAt(1), { kind: 'patch', from: 1, revision: 2, patch: { events } })
  assert.equal(feed.data?.events.length, EVENTS_MAX)
  assert.equal(feed.data?.events.at(-1)?.revision, EVENTS_MAX + 50)
})

test('routes are keyed as the feed keys them', () => {
  const row = route('a.example')
  assert.equal(keyOf.routes(row), routeKey(row))
})

test('property: patches lead to what a snapshot at the end would have said', () => {
  const domains = ['a.example', 'b.example', 'c.example', 'd.example']
  const change = fc.record({ domain: fc.constantFrom(...domains), gone: fc.boolean() })
  fc.assert(
    fc.property(fc.array(change, { maxLength: 30 }), (changes) => {
      const wanted = new Set(['a.example'])
      let feed = feedAt(0)
      for (const [index, { domain, gone }] of changes.entries()) {
        if (gone) wanted.delete(domain)
        else wanted.add(domain)
        const routes = gone
          ? { up: [], gone: [keyOf.routes(route(domain))] }
          : { up: [route(domain)], gone: [] }
        const frame = {
          kind: 'patch' as const,
          from: index,
          revision: index + 1,
          patch: { routes },
        }
        feed = reduce(feed, frame).feed
      }
      assert.deepEqual(
        feed.data?.routes.map((row) => row.domain),
        [...wanted].sort(),
      )
    }),
  )
})
