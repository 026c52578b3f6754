import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sha256 } from '@roadstead/bus/sha256.ts'
import type { HostId } from '@roadstead/shared/kernel/ids.ts'
import type { Heartbeat } from '@roadstead/shared/protocol/heartbeat.ts'
import { exampleContainer, exampleSnapshot, exampleStamp } from '../examples.ts'
import { foldAll } from '../graph/fold.ts'
import { emptyGraph, type Graph } from '../graph/graph.ts'
import { presenceOf } from '../graph/select.ts'
import { startDerive } from '../routes/derive-change.ts'
import { defaultPolicy } from '../routes/policy.ts'
import type { Heard } from './hearing.ts'
import { emptyJudgeMemory, judge, type JudgeFacts, type JudgeMemory } from './judge.ts'

const NAMES = Array.from({ length: 20 }, (_, index) => `host-${String(index).padStart(2, '0')}`)
const settings = { policy: defaultPolicy, digest: sha256 }

/** A site on a clock of its own: hosts beat every second unless they are silent, and it is judged. */
class Site {
  graph: Graph
  nowMs = 1_000_000
  memory: JudgeMemory = emptyJudgeMemory
  hearingSinceMs: number | undefined
  settled = true
  readonly silent = new Set<string>()
  readonly stopping = new Set<string>()
  readonly hearing = new Map<HostId, Heard>()
  /** How many decisions were written in all. */
  writes = 0

  constructor(names: readonly string[]) {
    this.graph = foldAll(
      emptyGraph,
      names.map((name) => exampleSnapshot(exampleStamp(name, 1), [])),
    ).graph
    this.hearingSinceMs = this.nowMs
    this.run(60)
  }

  run(seconds: number): void {
    for (let second = 0; second < seconds; second += 1) {
      this.nowMs += 1_000
      for (const host of this.graph.hosts.keys()) if (!this.silent.has(host)) this.beat(host)
      this.judge()
    }
  }

  judge(changes: Partial<JudgeFacts> = {}): void {
    const { nowMs, hearing, hearingSinceMs, settled } = this
    const { asks, table } = startDerive(this.graph, settings).derived
    const routes = table.routes.keys()
    const containers = new Map([...asks].map(([host, own]) => [host, new Set(own.asks.keys())]))
    const { policy } = settings
    const facts = {
      nowMs,
      hearing,
      hearingSinceMs,
      settled,
      table,
      routes,
      asks,
      containers,
      policy,
    }
    const since = String(nowMs)
    const judged = judge(this.graph, { ...facts, since, digest: sha256, ...changes }, this.memory)
    this.graph = foldAll(this.graph, judged.decisions).graph
    this.memory = judged.memory
    this.writes += judged.decisions.length
  }

  with(presence: string): readonly string[] {
    return [...this.graph.hosts.keys()].filter((host) => presenceOf(this.graph, host) === presence)
  }

  get frozen() {
    const decision = this.graph.decisions.get('d.freeze.site')
    return decision?.kind === 'freeze' ? decision : undefined
  }

  confirm(): void {
    const freeze = this.frozen
    assert.ok(freeze !== undefined)
    const decision = { ...freeze, confirmedBy: 'ann' }
    this.graph = foldAll(this.graph, [{ kind: 'decision', key: 'd.freeze.site', decision }]).graph
  }

  private beat(host: HostId): void {
    const beat: Heartbeat = {
      v: 1,
      stamp: exampleStamp(host, 1),
      stateHash: '0123456789abcdef',
      engine: 'answering',
      engineSince: '',
      spooled: 0,
      nonce: '0'.repeat(32),
      sentAtMs: this.nowMs,
      stopping: this.stopping.has(host),
    }
    this.hearing.set(host, { atMs: this.nowMs, skewMs: 0, beat, disagreements: 0 })
  }
}

test('hosts that are heard are present, and nothing is written twice', () => {
  const site = new Site(NAMES)
  assert.equal(site.with('present').length, 20)
  const { writes } = site
  site.run(60)
  assert.equal(site.writes, writes)
})

test('silence makes a host stale after 15 s, lost after 45 s, forgotten after a day', () => {
  const site = new Site(NAMES)
  site.silent.add('host-03')
  site.run(14)
  assert.deepEqual(site.with('stale'), [])
  site.run(2)
  assert.deepEqual(site.with('stale'), ['host-03'])
  site.run(30)
  assert.deepEqual(site.with('lost'), ['host-03'])
  site.nowMs += 24 * 3_600_000
  site.run(1)
  assert.deepEqual(site.with('forgotten'), ['host-03'])
  site.silent.clear()
  site.run(1)
  assert.equal(site.with('present').length, 20)
})

test('a host that said it stops is given two minutes', () => {
  const site = new Site(NAMES)
  site.stopping.add('host-03')
  site.run(1)
  site.silent.add('host-03')
  site.run(118)
  assert.deepEqual(site.with('lost'), [])
  site.run(4)
  assert.deepEqual(site.with('lost'), ['host-03'])
})

test('a lost host is back when it has told everything anew, not when it is merely heard', () => {
  const site = new Site(NAMES)
  site.silent.add('host-03')
  site.run(50)
  const delta = { ...exampleSnapshot(exampleStamp('host-03', 1, 2), []) }
  const cause = { action: 'list', seenAtMs: 0 }
  const { stamp, facts, networks } = delta
  const begun = { kind: 'host-seen' as const, stamp, facts, networks, cause }
  site.graph = foldAll(site.graph, [begun]).graph
  site.silent.clear()
  site.run(5)
  assert.deepEqual(site.with('lost'), ['host-03'])
  site.graph = foldAll(site.graph, [delta]).graph
  site.run(1)
  assert.deepEqual(site.with('lost'), [])
})

test('hosts are taken for lost one at a time, 10 s apart', () => {
  const site = new Site(NAMES)
  for (const name of NAMES.slice(0, 3)) site.silent.add(name)
  site.run(46)
  assert.equal(site.with('lost').length, 1)
  site.run(8)
  assert.equal(site.with('lost').length, 1)
  site.run(2)
  assert.equal(site.with('lost').length, 2)
})

test('too many silent at once freeze the site, until they come back', () => {
  const site = new Site(NAMES)
  for (const name of NAMES.slice(0, 5)) site.silent.add(name)
  site.run(300)
  assert.deepEqual(site.with('lost'), [])
  assert.equal(site.frozen?.hosts.length, 5)
  assert.equal(site.with('stale').length, 5)
  site.silent.clear()
  site.run(1)
  assert.equal(site.frozen, undefined)
  assert.equal(site.with('present').length, 20)
})

test('an operator may confirm a frozen loss; then those hosts are lost and the freeze is over', () => {
  const site = new Site(NAMES)
  for (const name of NAMES.slice(0, 5)) site.silent.add(name)
  site.run(50)
  site.confirm()
  site.run(1)
  assert.equal(site.with('lost').length, 5)
  assert.equal(site.frozen?.confirmedBy, 'ann', 'tables still need its word')
  site.run(1)
  assert.equal(site.frozen, undefined)
  site.silent.add('host-19')
  site.run(50)
  assert.equal(site.with('lost').length, 6, 'a confirmed loss does not freeze the next one')
})

test('few hosts may be lost in a small site', () => {
  const site = new Site(NAMES.slice(0, 3))
  site.silent.add('host-00').add('host-01')
  site.run(70)
  assert.deepEqual(site.with('lost'), ['host-00', 'host-01'])
})

test('while others fall silent too, it may be this master that is cut off', () => {
  const site = new Site(NAMES)
  site.silent.add('host-00')
  site.run(25)
  for (const name of NAMES.slice(1, 7)) site.silent.add(name)
  site.run(22)
  assert.deepEqual(site.with('lost'), [])
})

test('a master that was cut off counts silence from when it hears again', () => {
  const site = new Site(NAMES)
  for (const name of NAMES) site.silent.add(name)
  site.hearingSinceMs = undefined
  site.run(300)
  assert.equal(site.with('present').length, 20)
  site.hearingSinceMs = site.nowMs
  site.run(10)
  assert.equal(site.with('present').length, 20)
})

test('a master that has just begun calls no lost host present before it hears it', () => {
  const site = new Site(NAMES)
  site.silent.add('host-03')
  site.run(50)
  site.hearing.clear()
  site.hearingSinceMs = site.nowMs
  site.memory = emptyJudgeMemory
  site.run(10)
  assert.deepEqual(site.with('lost'), ['host-03'])
})

test('a claim is written when a route is first granted, and dropped when nobody asks', () => {
  const site = new Site(['host-00'])
  const labels = { 'roadstead.host': 'a.example' }
  const web = exampleContainer(1, { labels })
  site.graph = foldAll(site.graph, [exampleSnapshot(exampleStamp('host-00', 2), [web])]).graph
  site.judge()
  assert.equal(site.graph.claims.get('a.example prefix /')?.service, 'c1')
  const { writes } = site
  site.judge()
  assert.equal(site.writes, writes)

  site.graph = foldAll(site.graph, [exampleSnapshot(exampleStamp('host-00', 3), [])]).graph
  site.settled = false
  site.run(20)
  assert.equal(site.graph.claims.size, 1, 'what has not been heard yet is not gone')
  site.settled = true
  site.run(9)
  assert.equal(site.graph.claims.size, 1, 'it is kept for whoever comes next')
  site.run(2)
  assert.equal(site.graph.claims.size, 0)
})
