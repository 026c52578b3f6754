import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sha256 } from '@roadstead/bus/sha256.ts'
import { EdgeId, HostId, InstanceId, SiteId } from '@roadstead/shared/kernel/ids.ts'
import type { EdgeStatus } from '@roadstead/shared/protocol/edge-status.ts'
import { ServiceKey } from '@roadstead/shared/protocol/route.ts'
import {
  exampleAttachment,
  exampleContainer,
  exampleId,
  exampleSnapshot,
  exampleStamp,
} from '../examples.ts'
import { foldAll } from '../graph/fold.ts'
import { emptyGraph } from '../graph/graph.ts'
import { deriveAll } from '../routes/derive.ts'
import { tableForEdge } from '../routes/edge-table.ts'
import { encodeTable } from '../routes/encode.ts'
import { defaultPolicy } from '../routes/policy.ts'
import { type EdgeScene, lookForQuiet, type Marks } from './quiet.ts'

const host = HostId.parse('alpha')
const edge = EdgeId.parse('e1')
const instance = InstanceId.parse('life')
const one = { host, container: exampleId(1) }
const services = [ServiceKey.parse('shop')]
const none: Marks = new Map()

/** The table of the edge while these containers serve. */
function tableOf(...numbers: readonly number[]) {
  const labels = { 'roadstead.host': 'shop.example.com', 'roadstead.service': 'shop' }
  const containers = numbers.map((number) =>
    exampleContainer(number, { labels, attachments: [exampleAttachment(number)] }),
  )
  const { graph } = foldAll(emptyGraph, [exampleSnapshot(exampleStamp(host, 1), containers)])
  const { table } = deriveAll(graph, { policy: defaultPolicy, digest: sha256 })
  const own = tableForEdge(table, graph, { edge, host, addresses: [], httpPort: 80 })
  return { table: own, encoded: encodeTable(own, 4, sha256) }
}

type Table = ReturnType<typeof tableOf>

function desiredOf({ encoded }: Table, epoch: number, version: number, isInline: boolean) {
  const slices = encoded.slices.map(({ hash }) => hash)
  const inline = encoded.slices.map(({ text }) => text)
  return { epoch, version, slices, ...(isInline && { inline }) }
}

interface Given {
  readonly quiet?: readonly [number, number]
  readonly busy?: EdgeStatus['busy']
  readonly busyMore?: boolean
  readonly silentMs?: number
  readonly desired?: ReturnType<typeof desiredOf>
  readonly own?: Table
}

function look({ silentMs = 0, ...given }: Given, before: Marks = none) {
  const { busy, busyMore = false, desired, own, quiet } = given
  const status: EdgeStatus = {
    v: 1,
    site: SiteId.parse('main'),
    edge,
    instance,
    name: 'north',
    addresses: [],
    httpPort: 80,
    epochMax: 0,
    ...(quiet && { quiet: { epoch: quiet[0], version: quiet[1], instance } }),
    ...(busy && { busy }),
    busyMore,
    outcome: { kind: 'none' },
    tier: 'live',
    tierReason: '',
    nginx: { version: '', running: true, reloads: 0, oldGenerations: 0 },
    quarantined: [],
    checks: [],
    sentAtMs: 0,
  }
  const scene: EdgeScene = {
    edges: new Map([[edge, { status, monoMs: 0 }]]),
    tables: new Map(own && [[edge, own]]),
    desired: new Map(desired && [[edge, desired]]),
    nowMs: silentMs,
  }
  const { lost, marks, unquiet } = lookForQuiet(one, services, scene, before)
  return { lost, marks, why: unquiet.map(({ why }) => why).join() }
}

const withIt = tableOf(1, 2)
const without = tableOf(2)

test('an edge is quiet when it says so of the first table without the container', () => {
  const before = desiredOf(withIt, 1, 4, true)
  assert.equal(look({ desired: before, quiet: [1, 4] }).why, 'has no table without it yet')
  const desired = desiredOf(without, 1, 5, true)
  assert.equal(look({ desired, quiet: [1, 4] }).why, 'is not quiet yet')
  assert.equal(look({ desired }).why, 'is not quiet yet')
  assert.equal(look({ desired, quiet: [1, 5] }).why, '')
  assert.equal(look({ desired, quiet: [2, 1] }).why, '')
})

test('tables that follow do not put quiet off, and one that has it again does', () => {
  const first = look({ desired: desiredOf(without, 1, 5, true), quiet: [1, 3] })
  const later = look({ desired: desiredOf(without, 1, 9, true), quiet: [1, 6] }, first.marks)
  assert.equal(later.why, '')
  const back = look({ desired: desiredOf(withIt, 1, 10, true), quiet: [1, 9] }, later.marks)
  assert.equal(back.why, 'has no table without it yet')
  assert.equal(back.marks.size, 0)
})

test('requests under way are waited for, by their number', () => {
  const desired = desiredOf(without, 1, 5, true)
  const busy = [{ ...one, requests: 3 }]
  assert.equal(look({ desired, quiet: [1, 5], busy }).why, 'has 3 requests under way')
  const others = [{ host, container: exampleId(2), requests: 3 }]
  assert.equal(look({ desired, quiet: [1, 5], busy: others }).why, '')
  const { why } = look({ desired, quiet: [1, 5], busy: others, busyMore: true })
  assert.equal(why, 'has requests under way at 1 containers and more')
})

test('a large table is compared by the slice that could have it', () => {
  const desired = desiredOf(without, 1, 5, false)
  assert.equal(look({ desired, own: without, quiet: [1, 5] }).why, '')
  assert.equal(look({ desired, own: withIt, quiet: [1, 5] }).why, 'has no table without it yet')
  const stale = desiredOf(withIt, 1, 5, false)
  assert.equal(
    look({ desired: stale, own: without, quiet: [1, 5] }).why,
    'has no table without it yet',
  )
  assert.equal(look({ desired, quiet: [1, 5] }).why, 'has no table without it yet')
})

test('an edge that is silent is named, and one that is long gone is none', () => {
  const desired = desiredOf(without, 1, 5, true)
  const silent = { desired, quiet: [1, 5] } as const
  assert.equal(look({ ...silent, silentMs: 16_000 }).why, 'has not reported for 16 s')
  assert.equal(look({ ...silent, silentMs: 44_000 }).why, 'has not reported for 44 s')
  assert.deepEqual(look({ ...silent, silentMs: 44_000 }).lost, [])
  assert.equal(look({ ...silent, silentMs: 25 * 3_600_000 }).why, '')
  assert.deepEqual(look({ ...silent, silentMs: 25 * 3_600_000 }).lost, [])
})

test('an edge that is lost is named, and not waited for', () => {
  const desired = desiredOf(without, 1, 5, true)
  const { lost, why } = look({ desired, quiet: [1, 5], silentMs: 45_000 })
  assert.deepEqual([lost, why], [['north'], ''])
})

test('an edge that has no table at all sends nobody anything', () => {
  assert.equal(look({}).why, '')
})
