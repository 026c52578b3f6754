import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type ReasonCode, reasonTable } from '@roadstead/shared/protocol/reasons.ts'
import { bannerOf, disconnected, timeOfDay } from './connection.ts'
import { codeOf } from './fragment.ts'
import { parseFrame } from './frames.ts'
import { markOfEdge, markOfHost, markOfReason } from './marks.ts'
import { host, liveState, route } from './sample.ts'
import { ROWS_MAX, select, textOf } from './select.ts'
import { summarise } from './summary.ts'

test('every reason has a shape and a word', () => {
  for (const reason of Object.keys(reasonTable) as ReasonCode[]) {
    const { word, shape } = markOfReason(reason)
    assert.match(word, /^[A-Z][a-z, ]+$/)
    assert.ok(shape)
  }
})

test('a present host whose engine does not answer does not look well', () => {
  assert.equal(markOfHost(host('a')).tone, 'good')
  assert.equal(markOfHost(host('a', { engineState: 'unreachable' })).word, 'Engine unreachable')
  assert.equal(markOfHost(host('a', { presence: 'lost' })).word, 'Lost')
})

test('an edge is in force only when it runs what is desired', () => {
  const inForce = { epoch: 2, version: 5, generation: 'g', since: '', routes: 1, endpoints: 1 }
  const edge = {
    reporting: true,
    nginx: { version: '1.22', running: true, reloads: 0, oldGenerations: 0 },
    outcome: { kind: 'none' as const },
    inForce,
  }
  assert.equal(markOfEdge({ ...edge, desired: { epoch: 2, version: 5 } }).word, 'In force')
  assert.equal(markOfEdge({ ...edge, desired: { epoch: 3, version: 1 } }).word, 'Catching up')
  assert.equal(markOfEdge({ ...edge, reporting: false }).word, 'Silent')
})

test('the banner says since when, how old the data is, and that visitors notice nothing', () => {
  const at = new Date(2026, 0, 1, 14, 2, 11).getTime()
  const first = disconnected({ kind: 'live' }, at, at - 2_000)
  assert.equal(
    bannerOf(disconnected(first, at + 60_000, at)),
    'Disconnected since 14:02:11 – showing data of 14:02:09. Routing is not affected.',
  )
  assert.equal(bannerOf({ kind: 'live' }), undefined)
  assert.equal(timeOfDay(new Date(2026, 0, 1, 4, 5, 6).getTime()), '04:05:06')
})

test('a sign-in link gives its code, and other fragments give none', () => {
  assert.equal(codeOf('#code=abc-1'), 'abc-1')
  assert.equal(codeOf('#routes'), undefined)
  assert.equal(codeOf(''), undefined)
})

test('a frame that this page does not know is nothing', () => {
  assert.deepEqual(parseFrame('{"kind":"idle","revision":3}'), { kind: 'idle', revision: 3 })
  for (const text of ['', 'x', '[]', 'null', '{"kind":"later"}']) {
    assert.equal(parseFrame(text), undefined)
  }
})

test('a filter keeps the rows that contain every word, and the page stays short', () => {
  const rows = [route('shop.example'), route('blog.example', { state: 'unhealthy' })]
  assert.deepEqual(select(rows, 'BLOG unhealthy', textOf.routes).rows, [rows[1]])
  assert.equal(select(rows, 'nothing', textOf.routes).total, 2)
  const many = Array.from({ length: ROWS_MAX + 7 }, (_, index) => route(`d${index}.example`))
  assert.equal(select(many, '', textOf.routes).rows.length, ROWS_MAX)
  assert.equal(select(many, '', textOf.routes).matching, ROWS_MAX + 7)
})

test('the first sentence names what is wrong, or says that nothing is', () => {
  assert.equal(summarise(liveState()).sentence, 'Waiting for the first host')
  const hosts = [host('a')]
  assert.equal(summarise(liveState({ hosts })).sentence, 'Nothing asks to be routed yet')
  const routes = [route('a.example')]
  assert.equal(
    summarise(liveState({ hosts, routes })).sentence,
    'Everything that can serve is routed',
  )
  const refused = [route('a.example', { state: 'conflict-held' })]
  const lost = [host('a', { presence: 'lost' }), host('b', { presence: 'lost' })]
  assert.equal(
    summarise(liveState({ hosts: lost, routes: refused })).sentence,
    '1 route refused, 2 hosts in trouble',
  )
})
