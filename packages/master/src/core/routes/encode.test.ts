import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sha256 } from '@roadstead/bus/sha256.ts'
import { canonical } from '@roadstead/shared/kernel/canonical.ts'
import { EdgeId, InstanceId, SiteId } from '@roadstead/shared/kernel/ids.ts'
import { PART_BYTES_MAX } from '@roadstead/shared/kernel/limits.ts'
import { TableManifest, TableSlice } from '@roadstead/shared/protocol/table.ts'
import { exampleContainer, exampleSnapshot, exampleStamp } from '../examples.ts'
import { foldAll } from '../graph/fold.ts'
import { emptyGraph } from '../graph/graph.ts'
import { deriveAll } from './derive.ts'
import { tableForEdge } from './edge-table.ts'
import { bucketCount, bucketsFor, encodeTable } from './encode.ts'
import { InputDigests } from './input-digests.ts'
import { carriageOf, manifestOf, manifestText, witnessesOf } from './manifest.ts'
import { defaultPolicy } from './policy.ts'

const edge = EdgeId.parse('front')
const facts = { edge, host: exampleStamp('alpha', 1).host, addresses: ['192.0.2.9'], httpPort: 80 }

function fleet(containers: number) {
  const all = Array.from({ length: containers }, (_, index) =>
    exampleContainer(index, { labels: { 'roadstead.host': `s${index}.example` } }),
  )
  const { graph } = foldAll(emptyGraph, [exampleSnapshot(exampleStamp('alpha', 1), all)])
  const { table } = deriveAll(graph, { policy: defaultPolicy, digest: sha256 })
  return { graph, table: tableForEdge(table, graph, facts) }
}

test('slices hold every service once, in canonical text, with the routes that lead to it', () => {
  const { table } = fleet(200)
  const { slices } = encodeTable(table, 4, sha256)
  const parsed = slices.map(({ text }) => TableSlice.parse(JSON.parse(text)))
  for (const [index, slice] of parsed.entries()) {
    assert.equal(canonical(slice), slices[index]?.text)
    assert.equal(sha256(slices[index]?.text ?? ''), slices[index]?.hash)
    const ids = slice.services.map(({ id }) => id)
    assert.ok(slice.routes.every(({ service }) => ids.includes(service)))
    assert.ok(slice.services.length > 20, 'buckets are dealt evenly')
  }
  assert.equal(new Set(parsed.flatMap(({ services }) => services.map(({ key }) => key))).size, 200)
})

test('the number of buckets is a power of two that does not flap', () => {
  assert.equal(bucketCount(0), 1)
  assert.equal(bucketCount(1), 1)
  assert.equal(bucketCount(1.1), 2)
  assert.equal(bucketCount(157), 256)
  assert.equal(bucketCount(1_000_000), 1_024)
  assert.equal(bucketCount(1.4, 1), 1, 'a little over is no reason to deal anew')
  assert.equal(bucketCount(1.6, 1), 2)
  assert.equal(bucketCount(0.6, 2), 2)
  assert.equal(bucketCount(0.4, 2), 1)
})

test('few services with many endpoints are spread too, so that no slice outgrows a message', () => {
  const labels = (index: number) => ({
    'roadstead.host': `s${index % 8}.example`,
    'roadstead.service': `s${index % 8}`,
  })
  const all = Array.from({ length: 8_000 }, (_, index) =>
    exampleContainer(index, { labels: labels(index) }),
  )
  const { graph } = foldAll(emptyGraph, [exampleSnapshot(exampleStamp('alpha', 1), all)])
  const { table } = deriveAll(graph, {
    policy: { ...defaultPolicy, limits: { ...defaultPolicy.limits, routesPerHostMax: 10_000 } },
    digest: sha256,
  })
  const own = tableForEdge(table, graph, facts)
  const { slices } = encodeTable(own, bucketsFor(own), sha256)
  assert.equal(slices.length, 8)
  const longest = Math.max(...slices.map(({ text }) => text.length))
  assert.ok(longest < PART_BYTES_MAX, `${longest} bytes`)
})

test('one service with many routes is not the only one to fill a slice', () => {
  const routes = (from: number) =>
    Array.from({ length: 16 }, (_, index) => `s${from * 16 + index}.example`).join(',')
  const all = Array.from({ length: 25 }, (_, index) =>
    exampleContainer(index, { labels: { 'roadstead.host': routes(index) } }),
  )
  const { graph } = foldAll(emptyGraph, [exampleSnapshot(exampleStamp('alpha', 1), all)])
  const { table } = deriveAll(graph, { policy: defaultPolicy, digest: sha256 })
  assert.equal(bucketsFor(tableForEdge(table, graph, facts)), 64, '400 routes')
})

test('a manifest names its slices and its witnesses, and small tables ride along', () => {
  const { graph, table } = fleet(10)
  const encoded = encodeTable(table, 1, sha256)
  const head = {
    site: SiteId.parse('main'),
    edge,
    epoch: 3,
    version: 7,
    instance: InstanceId.parse('m1'),
    input: sha256(''),
    force: false,
  }
  const manifest = manifestOf(head, encoded, graph, carriageOf(encoded, new Map()).riding)
  assert.deepEqual(TableManifest.parse(JSON.parse(manifestText(manifest))), manifest)
  assert.deepEqual(manifest.inline, [encoded.slices[0]?.text])
  assert.deepEqual(manifest.witnesses, ['alpha'])

  const large = fleet(1_000)
  const cut = encodeTable(large.table, 16, sha256)
  const whole = manifestOf(head, cut, large.graph, carriageOf(cut, new Map()).riding)
  assert.equal(whole.inline, undefined)
  assert.equal(whole.slices.length, 16)

  const stored = new Map(cut.slices.map(({ hash }, bucket) => [bucket, hash]))
  stored.set(3, 'as it was')
  stored.delete(5)
  const changed = manifestOf(head, cut, large.graph, carriageOf(cut, stored).riding)
  assert.deepEqual(TableManifest.parse(JSON.parse(manifestText(changed))), changed)
  const riding = changed.inline?.flatMap((text, bucket) => (text === null ? [] : [bucket]))
  assert.deepEqual(riding, [3, 5], 'of a large table, only what is not stored as it is now')
})

test('what rides is stored behind when it is much, and before when it is too much', () => {
  const { slices } = encodeTable(fleet(1_000).table, 16, sha256)
  const storedBut = (missing: number) =>
    new Map(slices.slice(missing).map(({ hash }, index) => [missing + index, hash]))
  const carried = (missing: number) => {
    const { before, riding, behind, isFew } = carriageOf({ slices }, storedBut(missing))
    return [before.length, riding.size, behind.length, isFew]
  }
  assert.deepEqual(carried(0), [0, 0, 0, true], 'all of it is there')
  assert.deepEqual(carried(1), [0, 1, 0, true])
  assert.deepEqual(carried(4), [0, 4, 4, true], 'few of many: at once')
  assert.deepEqual(carried(8), [0, 8, 8, false], 'half of the table: in a calm')
  assert.deepEqual(carried(16), [16, 0, 0, false])
})

test('a host that is silent, or not told whole, is no witness (I5)', () => {
  const { graph } = foldAll(emptyGraph, [
    exampleSnapshot(exampleStamp('alpha', 1), []),
    exampleSnapshot(exampleStamp('beta', 1), []),
    exampleSnapshot(exampleStamp('gamma', 1), []),
    {
      kind: 'decision',
      key: 'd.presence.alpha',
      decision: {
        kind: 'presence',
        host: exampleStamp('alpha', 1).host,
        presence: 'stale',
        since: 'then',
      },
    },
    {
      kind: 'news',
      stamp: exampleStamp('beta', 3),
      news: {
        type: 'container',
        action: 'start',
        id: '',
        name: '',
        timeNano: '1',
        attributes: {},
      },
    },
  ])
  assert.deepEqual(witnessesOf(graph), ['gamma'])
})

test('the input digest is the same for the same input, however it came about (I1)', () => {
  const drain = {
    kind: 'drain' as const,
    host: exampleStamp('alpha', 1).host,
    by: 'ann',
    why: '',
    since: 'then',
  }
  const inputs = [
    exampleSnapshot(exampleStamp('alpha', 1), []),
    exampleSnapshot(exampleStamp('beta', 1), []),
    { kind: 'decision' as const, key: 'd.drain.alpha.all', decision: drain },
  ]
  const { table } = fleet(1)
  const of = (list: typeof inputs) =>
    new InputDigests(sha256).of(foldAll(emptyGraph, list).graph, defaultPolicy, table.place)
  assert.equal(of(inputs), of(inputs.toReversed()))
  assert.notEqual(of(inputs), of(inputs.slice(1)))
  assert.notEqual(of(inputs), of(inputs.slice(0, 2)))
  assert.match(of(inputs), /^[0-9a-f]{64}$/)
})
