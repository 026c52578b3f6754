import assert from 'node:assert/strict'
import { test } from 'node:test'
import { EdgeId, HostId, InstanceId, SiteId } from '@roadstead/shared/kernel/ids.ts'
import { Decision } from '@roadstead/shared/protocol/decision.ts'
import type { EdgeStatus } from '@roadstead/shared/protocol/edge-status.ts'
import type { EventEnvelope } from '@roadstead/shared/protocol/observation.ts'
import { type Run, RunId } from '@roadstead/shared/protocol/run.ts'
import type { Presence } from '@roadstead/shared/protocol/presence.ts'
import { exampleId, exampleStamp } from '../core/examples.ts'
import { emptyGraph } from '../core/graph/graph.ts'
import { eventsBetween, newsEvent } from './keep-events.ts'

const at = '2026-01-01T00:00:00.000Z'
const nobody = { instance: '', epoch: 0, url: '' }
const instance = InstanceId.parse('life')

function seen(presence?: Presence, edge?: Partial<EdgeStatus>, leader = nobody) {
  const hosts = new Map(presence && [[HostId.parse('h1'), { name: 'alpha', presence }]])
  const edges = new Map(edge && [[EdgeId.parse('e1'), { ...quiet, ...edge }]])
  return { hosts, edges, leader, runs: new Map(), graph: emptyGraph }
}

test('hosts that come, fall silent and come back are each one line', () => {
  const lines = (before?: Presence, now?: Presence) =>
    eventsBetween(seen(before), seen(now), at).map(({ what, subject }) => `${what}: ${subject}`)
  assert.deepEqual(lines(undefined, 'present'), ['host found: alpha'])
  assert.deepEqual(lines('present', 'stale'), ['host stale: alpha'])
  assert.deepEqual(lines('lost', 'present'), ['host present: alpha'])
  assert.deepEqual(lines('present', 'present'), [])
})

test('another leader is a line, and so is none', () => {
  const led = { instance: 'i1', epoch: 3, url: 'http://m1' }
  const [taken] = eventsBetween(seen(), seen(undefined, undefined, led), at)
  assert.equal(taken?.what, 'leader changed')
  assert.equal(taken?.details['epoch'], '3')
  const [none] = eventsBetween(seen(undefined, undefined, led), seen(), at)
  assert.equal(none?.what, 'nobody leads')
})

test('a table in force is a line when nginx runs something else, and a refusal always', () => {
  const inForce = { epoch: 1, version: 2, instance, generation: 'aa', since: at }
  const counted = { ...inForce, routes: 3, endpoints: 4 }
  const lines = (before: Partial<EdgeStatus>, now: Partial<EdgeStatus>) =>
    eventsBetween(seen(undefined, before), seen(undefined, now), at).map(({ what }) => what)
  assert.deepEqual(lines({}, { inForce: counted }), ['table in force'])
  assert.deepEqual(lines({ inForce: counted }, { inForce: { ...counted, version: 3 } }), [])
  const offered = { epoch: 1, version: 9, instance }
  const outcome = { kind: 'refused', at, offered, reason: 'old-epoch' } as const
  assert.deepEqual(lines({}, { outcome }), ['table refused'])
  assert.deepEqual(lines({ outcome }, { outcome }), [])
})

test('who flaps, who no longer does, and a name that is given up are each a line', () => {
  const [host, container] = ['h1', exampleId(1)]
  const about = { host, container, since: at }
  const flapping = Decision.parse({ ...about, kind: 'flapping', falls: 3, calmMs: 5_000 })
  const again = Decision.parse({ ...about, kind: 'flapping', falls: 4, calmMs: 10_000 })
  const route = { domain: 'shop.example.com', path: '/', match: 'prefix' }
  const claim = Decision.parse({ ...about, ...route, kind: 'claim', service: 'h1/shop' })
  const other = Decision.parse({ ...about, ...route, kind: 'claim', service: 'h1/copy' })
  const lines = (before?: Decision, now?: Decision) => {
    const holding = (it?: Decision) => ({
      ...seen(),
      graph: { ...emptyGraph, decisions: new Map(it && [['key', it]]) },
    })
    const events = eventsBetween(holding(before), holding(now), at)
    return events.map(({ what, subject, details }) => [what, subject, ...Object.values(details)])
  }
  const short = container?.slice(0, 12)
  assert.deepEqual(lines(undefined, flapping), [['flapping', short, '3', '5000']])
  assert.deepEqual(lines(flapping, flapping), [])
  assert.deepEqual(lines(flapping, again), [['flapping again', short, '4', '10000']])
  assert.deepEqual(lines(again, undefined), [['flapping over', short, '4', '10000']])
  assert.deepEqual(lines(undefined, claim), [], 'a route that appears is a line of its own')
  assert.deepEqual(lines(claim, undefined), [['claim dropped', 'shop.example.com/', 'h1/shop']])
  assert.deepEqual(lines(claim, other), [
    ['claim passed on', 'shop.example.com/', 'h1/shop', 'h1/copy'],
  ])
})

test('news of an engine keeps the time of the engine', () => {
  const event: EventEnvelope = {
    specversion: '1.0',
    id: 'x',
    source: 'x',
    type: 'x',
    time: at,
    datacontenttype: 'application/json',
    site: SiteId.parse('s1'),
    data: {
      kind: 'news',
      stamp: exampleStamp('h1', 1),
      news: {
        type: 'container',
        action: 'die',
        id: 'c',
        name: 'shop',
        timeNano: '1795295336468834113',
        attributes: { exitCode: '137' },
      },
    },
  }
  const line = newsEvent(event, 'alpha')
  assert.equal(line?.what, 'container die')
  assert.equal(line?.at, new Date(1_795_295_336_468).toISOString())
  assert.deepEqual(line?.details, { exitCode: '137' })
})

const quiet: EdgeStatus = {
  v: 1,
  site: SiteId.parse('s1'),
  edge: EdgeId.parse('e1'),
  instance,
  name: 'edge',
  addresses: [],
  httpPort: 80,
  epochMax: 0,
  outcome: { kind: 'none' },
  tier: 'reload',
  tierReason: '',
  nginx: { version: '1.22.1', running: true, reloads: 0, oldGenerations: 0 },
  quarantined: [],
  checks: [],
  sentAtMs: 0,
}

test('a run is a line when it begins, and one when it ends, with what to do', () => {
  const run = {
    id: RunId.parse('0123456789abcdef'),
    verb: 'restart',
    target: 'alpha/c1',
    by: 'me',
    why: '',
    since: at,
    atOnce: 1,
    state: 'running',
    members: [],
    log: [{ at, text: 'alpha/c1 is gone' }],
  } as const
  const of = (...runs: readonly Run[]) => ({
    ...seen(),
    runs: new Map(runs.map((each) => [each.id, each])),
  })
  const begun: Run = { ...run, log: [...run.log], members: [] }
  const failed: Run = { ...begun, state: 'failed', remedy: 'look at it' }
  const lines = (before: Run[], now: Run[]) =>
    eventsBetween(of(...before), of(...now), at).map(({ what }) => what)
  assert.deepEqual(lines([], [begun]), ['restart begun'])
  assert.deepEqual(lines([begun], [begun]), [])
  assert.deepEqual(lines([], [failed]), ['restart begun', 'restart failed'])
  const [end] = eventsBetween(of(begun), of(failed), at)
  assert.equal(end?.details['remedy'], 'look at it')
  assert.equal(end?.details['last'], 'alpha/c1 is gone')
})
