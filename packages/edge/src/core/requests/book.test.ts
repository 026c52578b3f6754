import assert from 'node:assert/strict'
import { test } from 'node:test'
import { EdgeId, InstanceId, SiteId } from '@roadstead/shared/kernel/ids.ts'
import { RequestReport, SERIES_PER_REPORT_MAX } from '@roadstead/shared/protocol/request-report.ts'
import { addTally, type Book, emptyBook, type Known, reportsOf, told } from './book.ts'
import { type Ended, tallyOf } from './counts.ts'

const speaker = {
  site: SiteId.parse('s1'),
  edge: EdgeId.parse('e1'),
  instance: InstanceId.parse('i1'),
}
const address = '10.0.0.1:80'

function ended(route: string, more: Partial<Ended> = {}): Ended {
  return { route, status: 200, ms: 7, endpoint: { address, ms: 5 }, failed: [], ...more }
}

function known(routes: readonly string[], seriesMax = 10): Known {
  return { routes: new Set(routes), endpoints: new Set([address]), seriesMax }
}

function count(book: Book, requests: readonly Ended[], who: Known): Book {
  return addTally(book, tallyOf(requests), 0, who)
}

function toldOf(book: Book): Record<string, readonly number[]> {
  const all = reportsOf(book, speaker, 1, 'all').flatMap(({ routes }) => routes)
  return Object.fromEntries(all.map(({ key, statuses }) => [key, statuses]))
}

test('requests are counted by class of status and by how long they took', () => {
  const list = [ended('a'), ended('a', { status: 503, ms: 20_000 }), ended('a', { status: 404 })]
  const [report] = reportsOf(count(emptyBook, list, known(['a'])), speaker, 1, 'changed')
  const [route] = report?.routes ?? []
  assert.deepEqual(route?.statuses, [0, 0, 1, 0, 1, 1])
  assert.deepEqual(route.whole, { sumMs: 20_014, buckets: [0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1] })
  assert.deepEqual(report?.endpoints[0]?.endpoint.buckets[0], 3)
  assert.doesNotThrow(() => RequestReport.parse(report))
})

test('a connection that speaks another protocol is counted, and has no duration', () => {
  const book = count(emptyBook, [ended('a', { status: 101, ms: 9_000_000 })], known(['a']))
  const [route] = reportsOf(book, speaker, 1, 'all').flatMap(({ routes }) => routes)
  assert.deepEqual(route?.statuses, [0, 1, 0, 0, 0, 0])
  assert.equal(route.whole.sumMs, 0)
})

test('who did not answer is counted with those that are no status', () => {
  const book = count(emptyBook, [ended('a', { failed: ['10.0.0.1:80'] })], known(['a']))
  const [endpoint] = reportsOf(book, speaker, 1, 'all').flatMap(({ endpoints }) => endpoints)
  assert.deepEqual(endpoint?.statuses, [1, 0, 1, 0, 0, 0])
})

test('what is not in the table, and what is too much, is counted under one name', () => {
  const list = ['a', 'b', 'c', 'strange', '-'].map((key) => ended(key))
  const book = count(emptyBook, list, known(['a', 'b', 'c'], 2))
  const sums = Object.entries(toldOf(book)).map(([key, statuses]) => [key, statuses[2]])
  assert.deepEqual(Object.fromEntries(sums), { a: 1, b: 1, '*': 2, '-': 1 })
})

test('a route that left keeps its count until another one needs the place; the sum stays', () => {
  const first = count(emptyBook, [ended('a'), ended('b')], known(['a', 'b'], 2))
  assert.deepEqual(Object.keys(toldOf(count(first, [ended('b')], known(['b'], 2)))), ['a', 'b'])
  const later = toldOf(count(first, [ended('c')], known(['b', 'c'], 2)))
  assert.deepEqual(Object.keys(later).toSorted(), ['*', 'b', 'c'])
  assert.equal(later['*']?.[2], 1)
})

test('only what has changed is told, in messages of bounded size; all of it when asked', () => {
  const keys = Array.from({ length: SERIES_PER_REPORT_MAX + 1 }, (_, at) => `r${at}`)
  const book = count(
    emptyBook,
    keys.map((key) => ended(key)),
    known(keys, 1_000),
  )
  assert.deepEqual(
    reportsOf(book, speaker, 5, 'changed').map(({ seq, routes }) => [seq, routes.length]),
    [
      [5, SERIES_PER_REPORT_MAX],
      [6, 1],
    ],
  )
  const quiet = reportsOf(told(book), speaker, 7, 'changed')
  assert.deepEqual(
    quiet.map(({ routes, endpoints }) => routes.length + endpoints.length),
    [0],
  )
  const next = count(told(book), [ended('r3')], known(keys, 1_000))
  assert.deepEqual(
    reportsOf(next, speaker, 8, 'changed').flatMap(({ routes }) =>
      routes.map(({ key, statuses }) => [key, statuses[2]]),
    ),
    [['r3', 2]],
  )
})
