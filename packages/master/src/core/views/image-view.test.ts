import assert from 'node:assert/strict'
import { test } from 'node:test'
import { STOCK_SLICES } from '@roadstead/shared/protocol/stock.ts'
import type { Image } from '@roadstead/shared/protocol/stock.ts'
import type { Container } from '@roadstead/shared/protocol/container.ts'
import { ImageDetail, ImageView, VolumeView } from '@roadstead/shared/protocol/http-stock.ts'
import { exampleContainer, exampleSnapshot, exampleStamp } from '../examples.ts'
import { emptyGraph } from '../graph/graph.ts'
import { foldAll } from '../graph/fold.ts'
import { Stock } from '../graph/stock.ts'
import type { StockScene } from '../graph/stock-host.ts'
import { exampleDigest, exampleImage, exampleImages, exampleVolumes } from '../stock-examples.ts'
import { findImage, imageViews } from './image-view.ts'
import { volumeViews } from './volume-view.ts'

const [OLD, NEW, BASE] = [exampleDigest(1), exampleDigest(2), exampleDigest(3)]
const old = exampleImage(OLD, { layers: [BASE, OLD], layerBytes: [100, 10], bytes: 110 })
const now = exampleImage(NEW, { layers: [BASE, NEW], layerBytes: [100, 20], bytes: 120 })

interface HostOnTrial {
  readonly name: string
  readonly images?: readonly Image[]
  readonly containers?: readonly Container[]
  /** Words about fewer than all slices. */
  readonly partly?: boolean
}

function scene(...hosts: readonly HostOnTrial[]): StockScene {
  const told = hosts.flatMap(({ name, containers }) =>
    containers === undefined ? [] : [exampleSnapshot(exampleStamp(name, 1), containers)],
  )
  const stock = new Stock()
  for (const { name, images = [], partly } of hosts) {
    stock.hear(exampleImages(name, 1, images))
    const others = partly === true ? 0 : STOCK_SLICES - 1
    for (let slice = 1; slice <= others; slice += 1) {
      stock.hear(exampleImages(name, 1 + slice, [], { slice }))
    }
  }
  return { graph: foldAll(emptyGraph, told).graph, stock }
}

function running(number: number, id: string, reference: string): Container {
  return exampleContainer(number, { image: { id, reference, digests: [] } })
}

/** Each container with what became of the name that it was started from. */
function fates(from: StockScene): string[] {
  const { images } = imageViews(from)
  const users = images.flatMap(({ containers }) => containers)
  return users.map(({ path, tag }) => `${path} ${tag}`).sort()
}

test('an image is one wherever it is, with where it is and who runs it', () => {
  const named = { ...old, tags: ['shop:1'] }
  const from = scene(
    { name: 'alpha', images: [named], containers: [running(1, OLD, 'shop:1')] },
    { name: 'beta', images: [{ ...old, tags: ['mine:1'] }], containers: [] },
  )
  const { images } = imageViews(from)
  const [image, ...others] = images.map((each) => ImageView.parse(each))
  assert.equal(others.length, 0)
  assert.deepEqual(image?.tags, ['mine:1', 'shop:1'])
  assert.deepEqual(
    image?.hosts.map(({ host, tags, containers }) => [host, tags, containers]),
    [
      ['alpha', ['shop:1'], 1],
      ['beta', ['mine:1'], 0],
    ],
  )
  assert.deepEqual([image?.unused, image?.dangling, image?.outdated], [false, false, false])
})

test('a container is outdated when another image of its host has the name now', () => {
  const alpha = {
    name: 'alpha',
    images: [old, { ...now, tags: ['shop:latest', 'docker.io/library/tool:1'] }],
    containers: [
      running(1, OLD, 'shop'),
      running(2, NEW, 'docker.io/library/shop'),
      running(3, OLD, `shop@${BASE}`),
      running(4, OLD, OLD.slice(0, 19)),
      running(5, OLD, 'shop:removed'),
      running(6, NEW, 'tool:1'),
    ],
  }
  const expected = ['c1 moved', 'c2 same', 'c3 none', 'c4 none', 'c5 gone', 'c6 same']
  assert.deepEqual(
    fates(scene(alpha)),
    expected.map((it) => `alpha/${it}`),
  )
  const { images } = imageViews(scene(alpha), { outdated: true })
  assert.deepEqual(
    images.map(({ id }) => id),
    [OLD],
  )
  assert.equal(images[0]?.containers[0]?.now, NEW)
})

test('where a list is not whole, a name that is not in it is not called gone', () => {
  const containers = [running(1, OLD, 'shop:removed')]
  assert.deepEqual(fates(scene({ name: 'alpha', images: [old], containers, partly: true })), [
    'alpha/c1 unknown',
  ])
})

test('where containers are not known, nothing is called unused', () => {
  const from = scene({ name: 'alpha', images: [old] })
  const { images, hosts } = imageViews(from)
  assert.equal(images[0]?.unused, false)
  assert.equal(images[0]?.hosts[0]?.containers, undefined)
  assert.deepEqual(imageViews(from, { unused: true }).images, [])
  assert.deepEqual([hosts[0]?.unusedBytes, hosts[0]?.exact], [0, false])
})

test('what can be removed is asked for by host, and with what it frees', () => {
  const from = scene(
    { name: 'alpha', images: [old, now], containers: [running(1, NEW, 'shop:1')] },
    { name: 'beta', images: [now], containers: [] },
  )
  const unused = imageViews(from, { unused: true })
  assert.deepEqual(
    unused.images.map(({ id, hosts }) => [id, hosts.map((it) => [it.host, it.ownBytes])]),
    [
      [OLD, [['alpha', 10]]],
      [NEW, [['beta', 120]]],
    ],
  )
  const sums = unused.hosts.map(({ bytes, exact, unusedBytes }) => [bytes, unusedBytes, exact])
  assert.deepEqual(sums, [
    [130, 10, true],
    [120, 120, true],
  ])
  assert.equal(imageViews(from, { unused: true, host: 'beta' }).images.length, 1)
})

test('a container whose image its engine lists no more is with its image all the same', () => {
  const from = scene(
    { name: 'alpha', images: [old], containers: [] },
    { name: 'beta', images: [], containers: [running(1, OLD, 'shop:1')] },
  )
  const [image] = imageViews(from).images
  assert.deepEqual([image?.containers.length, image?.unused], [1, false])
})

test('an image is found by tag, digest, id and its beginning, and a tag may be ambiguous', () => {
  const tagged = { ...old, tags: ['shop:1'], digests: [`shop@${BASE}`] }
  const from = scene(
    { name: 'alpha', images: [tagged] },
    { name: 'beta', images: [{ ...now, tags: ['docker.io/library/shop:1', 'shop:2'] }] },
  )
  const idOf = (name: string): string => {
    const found = findImage(from, name)
    return found.kind === 'found' ? found.image.id : found.kind
  }
  for (const name of [OLD, OLD.slice(7), `shop@${BASE}`]) assert.equal(idOf(name), OLD)
  assert.equal(idOf('shop:2'), NEW)
  assert.equal(idOf('shop:1'), 'ambiguous')
  const there = findImage(from, 'shop:1', 'beta')
  assert.ok(there.kind === 'found' && there.image.id === NEW)
  assert.equal(idOf('sha256:0000'), 'ambiguous')
  assert.equal(idOf('nothing'), 'none')
  const found = findImage(from, OLD)
  assert.ok(found.kind === 'found')
  const { layerList } = ImageDetail.parse(found.image)
  assert.deepEqual(
    layerList.map(({ bytes, images }) => [bytes, images]),
    [
      [100, 2],
      [10, 1],
    ],
  )
})

test('of hosts that say different things under one id, most are believed and it is said', () => {
  const lie = { ...old, layers: [NEW], layerBytes: [1], bytes: 1 }
  const from = scene(
    { name: 'alpha', images: [lie] },
    { name: 'beta', images: [old] },
    { name: 'gamma', images: [{ ...old, tags: ['shop:1'] }] },
  )
  const found = findImage(from, OLD)
  assert.ok(found.kind === 'found')
  assert.deepEqual([found.image.disputed, found.image.bytes], [true, 110])
})

test('a volume is on its host, with the containers that mount it', () => {
  const mount = { kind: 'volume', source: 'data', target: '/data', writable: false } as const
  const from = scene(
    { name: 'alpha', containers: [exampleContainer(1, { mounts: [mount] })] },
    { name: 'beta', containers: [] },
    { name: 'gamma' },
  )
  for (const name of ['alpha', 'beta', 'gamma']) from.stock.hear(exampleVolumes(name, 1, ['data']))
  from.stock.hear(exampleVolumes('beta', 2, ['f'.repeat(64)], { slice: 1 }))
  const { volumes } = volumeViews(from)
  const lines = volumes.map((each) => {
    const { anonymous, containers, host, unused } = VolumeView.parse(each)
    return [host, anonymous, unused, containers.map(({ path, writable }) => [path, writable])]
  })
  assert.deepEqual(lines, [
    ['alpha', false, false, [['alpha/c1', false]]],
    ['beta', false, true, []],
    ['beta', true, true, []],
    ['gamma', false, false, []],
  ])
  const unused = volumeViews(from, { unused: true, host: 'beta' })
  assert.equal(unused.volumes.length, 2)
  assert.deepEqual([unused.hosts[0]?.volumes, unused.hosts[0]?.complete], [2, false])
})
