import assert from 'node:assert/strict'
import { test } from 'node:test'
import { EdgeId } from '@roadstead/shared/kernel/ids.ts'
import { RequestReport } from '@roadstead/shared/protocol/request-report.ts'
import { hearRequests, type RequestLedger, statusesIn, totalOf } from './ledger.ts'
import { quantile, ratesOfRoute } from './rates.ts'

const key = 'shop.test prefix /'
const e1 = EdgeId.parse('e1')
const empty: RequestLedger = new Map()

interface Said {
  readonly ok: number
  readonly failed?: number
  readonly instance?: string
  readonly edge?: string
}

function report(seq: number, said: Said | undefined): RequestReport {
  const { ok = 0, failed = 0, instance = 'i1', edge = 'e1' } = said ?? {}
  const took = { sumMs: ok, buckets: [ok, failed, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0] }
  const statuses = [0, 0, ok, 0, 0, failed]
  const routes = said === undefined ? [] : [{ key, statuses, whole: took, endpoint: took }]
  const names = { v: 1, site: 's1', edge, instance, seq }
  return RequestReport.parse({ ...names, routes, endpoints: [], lost: 0 })
}

function total(ledger: RequestLedger): number | undefined {
  const series = ledger.get(e1)?.routes.get(key)
  return series && statusesIn(totalOf(series))[2]
}

test('the last word of an edge counts; the same one again, and an older one, change nothing', () => {
  const one = hearRequests(empty, report(1, { ok: 5 }), 0)
  const two = hearRequests(one, report(3, { ok: 9 }), 5_000)
  assert.equal(total(two), 9)
  assert.equal(hearRequests(two, report(3, { ok: 9 }), 6_000), two)
  assert.equal(hearRequests(two, report(2, { ok: 7 }), 6_000), two)
})

test('an edge that began anew counts on from what its life before had told', () => {
  const before = hearRequests(empty, report(4, { ok: 120 }), 0)
  const after = hearRequests(before, report(1, { ok: 80, instance: 'i2' }), 5_000)
  assert.equal(total(after), 200)
  assert.equal(total(hearRequests(after, report(2, { ok: 90, instance: 'i2' }), 9_000)), 210)
})

test('rates are what was added in the last half minute, over all edges', () => {
  let ledger = hearRequests(empty, report(1, undefined), 0)
  ledger = hearRequests(ledger, report(1, { ok: 0, edge: 'e2' }), 0)
  ledger = hearRequests(ledger, report(2, { ok: 50, failed: 10 }), 10_000)
  ledger = hearRequests(ledger, report(2, { ok: 30, edge: 'e2' }), 10_000)
  assert.deepEqual(ratesOfRoute(ledger, key, 10_000), {
    perSecond: 8,
    errorsPerSecond: 1,
    p50Ms: 2.8,
    p99Ms: 9.5,
  })
  // Nothing has been said since: after the window nothing has been asked since either.
  ledger = hearRequests(ledger, report(3, undefined), 45_000)
  assert.deepEqual(ratesOfRoute(ledger, key, 45_000), { perSecond: 0, errorsPerSecond: 0 })
})

test('one word alone tells no rate: nobody knows since when that has been counted', () => {
  const ledger = hearRequests(empty, report(7, { ok: 1_000 }), 0)
  assert.equal(ratesOfRoute(ledger, key, 5_000), undefined)
})

test('the first word of a life tells a rate: it has counted from zero', () => {
  const ledger = hearRequests(empty, report(1, { ok: 50 }), 10_000)
  assert.equal(ratesOfRoute(ledger, key, 10_000)?.perSecond, 10)
})

test('an edge that falls silent is forgotten after a while', () => {
  const ledger = hearRequests(empty, report(1, { ok: 1 }), 0)
  assert.equal(hearRequests(ledger, report(1, { ok: 1, edge: 'e2' }), 400_000).has(e1), false)
})

test('a quantile lies within its bucket; of the last bucket only the beginning is known', () => {
  assert.equal(quantile([0, 0, 4], 0.5), 17.5)
  assert.equal(quantile([], 0.5), undefined)
  assert.equal(quantile([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 3], 0.99), 10_000)
})
