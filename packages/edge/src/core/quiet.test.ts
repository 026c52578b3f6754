import assert from 'node:assert/strict'
import { test } from 'node:test'
import { InstanceId } from '@roadstead/shared/kernel/ids.ts'
import { endpoint, ofStreams, service, stream, table } from '../testing/tables.ts'
import {
  arrive,
  askedFor,
  busyOf,
  emptyBook,
  leavingStreams,
  look,
  nextLookMs,
  QUIET_MS,
  quietAtMs,
  type QuietBook,
  type Seen,
  startAgain,
} from './quiet.ts'

const stamp = (version: number) => ({ epoch: 1, version, instance: InstanceId.parse('a') })
const at = (version: number, ...ports: readonly number[]) => ({
  stamp: stamp(version),
  table: table([service('s', ...ports.map((port) => endpoint(port)))], []),
})
const seen = (requests: Readonly<Record<string, number>>, counts: Seen['counts'] = 'requests') => ({
  requests: new Map(Object.entries(requests)),
  counts,
})
const busyIn = (book: QuietBook) => busyOf(book).busy
const nothing = seen({})
const busyWith = (port: number, requests: number) => {
  const { host, container } = endpoint(port)
  return [{ host, container, requests }]
}

const two = at(1, 1, 2)
const one = at(2, 1)
/** The first table at 0, the second one without endpoint 2 at 1,000. */
const left = arrive(arrive(emptyBook, undefined, two, 0), two.table, one, 1_000)

test('a table is quiet a while after it came in force, also when the next one came meanwhile', () => {
  assert.equal(look(left, nothing, one.table, QUIET_MS - 1).quiet, undefined)
  const first = look(left, nothing, one.table, 1_000 + QUIET_MS - 1)
  assert.deepEqual(first.quiet, stamp(1))
  assert.equal(quietAtMs(first), 1_000 + QUIET_MS)
  const second = look(first, nothing, one.table, 1_000 + QUIET_MS)
  assert.deepEqual(second.quiet, stamp(2))
  assert.equal(quietAtMs(second), undefined)
})

test('a stream of tables does not put off the first of them', () => {
  let book = emptyBook
  for (let version = 1; version <= 500; version += 1) {
    book = arrive(book, undefined, at(version, 1), version)
  }
  assert.ok(book.waiting.length <= 32)
  assert.deepEqual(look(book, nothing, undefined, 10 + QUIET_MS).quiet, stamp(10))
  assert.deepEqual(look(book, nothing, undefined, 500 + QUIET_MS).quiet, stamp(500))
})

test('who left and has requests under way is busy until the last one ends, then is forgotten', () => {
  const busy = look(left, seen({ '127.0.0.1:2': 3, '127.0.0.1:1': 9 }), one.table, 60_000)
  assert.deepEqual(busyIn(busy), busyWith(2, 3))
  assert.deepEqual(
    busyIn(look(busy, seen({ '127.0.0.1:2': 1 }), one.table, 61_000)),
    busyWith(2, 1),
  )
  const free = look(busy, nothing, one.table, 62_000)
  assert.deepEqual(busyIn(free), [])
  assert.equal(free.leaving.size, 0)
})

test('before a table is quiet, nobody who left is forgotten: a request may be on its way', () => {
  const early = look(left, nothing, one.table, 1_000 + QUIET_MS - 1)
  assert.equal(early.leaving.size, 1)
  const late = look(early, seen({ '127.0.0.1:2': 1 }), one.table, 1_000 + QUIET_MS)
  assert.deepEqual(busyIn(late), busyWith(2, 1))
})

test('who comes back is not busy, whatever it does', () => {
  const back = arrive(left, one.table, at(3, 1, 2), 1_010)
  assert.deepEqual(busyIn(look(back, seen({ '127.0.0.1:2': 3 }), two.table, 2_000)), [])
})

test('an address that another service leads to tells nothing of who left', () => {
  const both = table([service('s', endpoint(1)), service('t', endpoint(2))], [])
  assert.deepEqual(busyIn(look(left, seen({ '127.0.0.1:2': 3 }), both, 2_000)), [])
})

test('a connection that stays for long after its worker was replaced is an upgraded one', () => {
  const connections = seen({ '127.0.0.1:2': 1 }, 'connections')
  assert.deepEqual(busyIn(look(left, connections, one.table, 5_900)), busyWith(2, 1))
  assert.deepEqual(busyIn(look(left, connections, one.table, 6_001)), [])
  assert.deepEqual(
    busyIn(look(left, seen({ '127.0.0.1:2': 1 }), one.table, 60_000)),
    busyWith(2, 1),
  )
})

/** An edge that begins with a table in force, and finds a request at an address that is not in it. */
const begun = arrive(emptyBook, undefined, one, 0)

test('after a start nothing is quiet while somebody who is not in the table is in use', () => {
  const first = look(begun, seen({ '127.0.0.1:1': 4, '127.0.0.1:7': 1 }), one.table, QUIET_MS)
  assert.equal(first.quiet, undefined)
  assert.equal(quietAtMs(first), undefined)
  const next = arrive(first, one.table, at(3, 1, 9), 1_000)
  const second = look(next, seen({ '127.0.0.1:7': 1 }), at(3, 1, 9).table, 20_000)
  assert.equal(second.quiet, undefined)
  assert.deepEqual(look(second, nothing, one.table, 20_001).quiet, stamp(3))
})

test('a stranger who goes on for longer than any run waits holds up nobody any more', () => {
  const endless = seen({ '127.0.0.1:7': 1 })
  const first = look(begun, endless, one.table, QUIET_MS)
  assert.equal(look(first, endless, one.table, 20_000).quiet, undefined)
  assert.deepEqual(look(first, endless, one.table, 20_001).quiet, stamp(2))
})

test('what is in use right after a start may have been asked for by the table before', () => {
  const early = look(begun, nothing, one.table, QUIET_MS - 1)
  assert.equal(early.strangers, undefined)
  const late = look(early, seen({ '127.0.0.1:7': 1 }), one.table, QUIET_MS)
  assert.equal(late.quiet, undefined)
})

test('whoever comes back into the table is a stranger no more', () => {
  const first = look(begun, seen({ '127.0.0.1:2': 1 }), one.table, QUIET_MS)
  const back = arrive(first, one.table, at(3, 1, 2), 1_000)
  const { quiet } = look(back, seen({ '127.0.0.1:2': 1 }), two.table, 1_000 + QUIET_MS)
  assert.deepEqual(quiet, stamp(3))
})

test('once they are gone there are no new ones: who leaves from now on is known', () => {
  const first = look(begun, nothing, one.table, QUIET_MS)
  const { quiet } = look(
    arrive(first, one.table, at(3, 1), 1_000),
    seen({ '127.0.0.1:7': 1 }),
    one.table,
    1_000 + QUIET_MS,
  )
  assert.deepEqual(quiet, stamp(3))
})

test('connections of unknown replaced workers that stay for long are upgraded ones', () => {
  const connections = seen({ '127.0.0.1:7': 1 }, 'connections')
  const first = look(begun, connections, one.table, QUIET_MS)
  assert.equal(look(first, connections, one.table, 5_000).quiet, undefined)
  assert.deepEqual(look(first, connections, one.table, 5_001).quiet, stamp(2))
})

/** So many endpoints leave at once, and each of them has a request under way. */
function crowd(size: number) {
  const ports = Array.from({ length: size }, (_, number) => number + 10)
  const before = at(1, 1, ...ports)
  const book = look(arrive(emptyBook, undefined, before, 0), nothing, before.table, QUIET_MS)
  const requests = Object.fromEntries(ports.map((port) => [`127.0.0.1:${port}`, 1]))
  return { book: arrive(book, before.table, one, 1_000), requests }
}

test('of more busy containers than one status holds the rest is said to be there', () => {
  const { book, requests } = crowd(300)
  const { busy, busyMore } = busyOf(look(book, seen(requests), one.table, 2_000))
  assert.deepEqual([busy.length, busyMore], [200, true])
  assert.equal(busyOf(look(book, nothing, one.table, 2_000)).busyMore, false)
})

test('what is too much to be followed is not quiet before the last of it has ended', () => {
  const { book, requests } = crowd(1_500)
  assert.equal(book.leaving.size, 1_000)
  assert.equal(askedFor(book), undefined)
  const early = look(book, nothing, one.table, 1_000 + QUIET_MS - 1)
  assert.deepEqual(early.quiet, stamp(1))
  const busy = look(early, seen(requests), one.table, 1_000 + QUIET_MS)
  assert.deepEqual(busy.quiet, stamp(1))
  assert.equal(busy.strangers?.size, 500)
  const last = look(busy, seen({ '127.0.0.1:10': 1 }), one.table, 20_000)
  assert.deepEqual(last.quiet, stamp(1))
  assert.deepEqual(look(last, nothing, one.table, 20_001).quiet, stamp(2))
})

test('once everybody is known, nginx is asked for those who left alone, and seldom after a while', () => {
  assert.equal(askedFor(left), undefined)
  const known = look(left, seen({ '127.0.0.1:2': 1 }), one.table, 1_000 + QUIET_MS)
  assert.deepEqual(askedFor(known), new Set(['127.0.0.1:2']))
  assert.equal(nextLookMs(known, 6_000, 50), 6_050)
  assert.equal(nextLookMs(known, 6_001, 50), 6_501)
  assert.equal(nextLookMs(look(known, nothing, one.table, 7_000), 7_000, 50), undefined)
})

test('an nginx that is gone makes nothing quiet, until a table is in force again for a while', () => {
  const gone = startAgain(left)
  assert.equal(look(gone, nothing, one.table, 90_000).quiet, undefined)
  assert.equal(nextLookMs(look(gone, nothing, one.table, 90_000), 90_000, 50), undefined)
  const back = arrive(look(gone, nothing, one.table, 90_000), one.table, one, 100_000)
  assert.equal(look(back, nothing, one.table, 100_000 + QUIET_MS - 1).quiet, undefined)
  const again = look(back, seen({ '127.0.0.1:2': 1 }), one.table, 100_000 + QUIET_MS)
  assert.equal(again.quiet, undefined)
  assert.deepEqual(look(again, nothing, one.table, 100_300).quiet, stamp(2))
})

test('connections of a stream are waited for a while, whatever else is counted', () => {
  const streams = [stream('tcp', 5_432, 'db')]
  const db = (version: number, ...ports: readonly number[]) => ({
    stamp: stamp(version),
    table: table([ofStreams('tcp', 'db', ...ports.map((port) => endpoint(port)))], [], streams),
  })
  const [before, after] = [db(1, 1, 2), db(2, 1)]
  const book = arrive(arrive(emptyBook, undefined, before, 0), before.table, after, 1_000)
  assert.deepEqual([...leavingStreams(book)], ['127.0.0.1:2'])
  const held = seen({ '127.0.0.1:2': 3 })
  const waiting = look(look(book, nothing, after.table, 500), held, after.table, 2_000)
  assert.deepEqual(busyIn(waiting), busyWith(2, 3))
  assert.deepEqual(busyIn(look(waiting, held, after.table, 7_000)), [])
})
