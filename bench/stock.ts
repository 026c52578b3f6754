import process from 'node:process'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { decode } from '@roadstead/bus/codec.ts'
import { foldAll } from '@roadstead/master/core/graph/fold.ts'
import { emptyGraph } from '@roadstead/master/core/graph/graph.ts'
import { Stock } from '@roadstead/master/core/graph/stock.ts'
import {
  exampleDigest,
  exampleImage,
  exampleImages,
} from '@roadstead/master/core/stock-examples.ts'
import { imageViews } from '@roadstead/master/core/views/image-view.ts'
import { STOCK_SLICES, StockSlice } from '@roadstead/shared/protocol/stock.ts'
import { type BenchOptions, type BenchResult, summarise } from './bench.ts'
import { hostOf, snapshotOf } from './fleet.ts'

/** Heap is counted after a full collection; a context made after the flag is set has it. */
setFlagsFromString('--expose-gc')
const collectGarbage: unknown = runInNewContext('gc')

const HOSTS = 100
const IMAGES_PER_HOST = 200
const LAYERS = 15
/** Of each image, the lowest ones that others have too. */
const BASE_LAYERS = 10
/** As many distributions and runtimes to build on. */
const BASES = 20

/**
 * `stock`: one slice of images, from the text of its message to the master's book; beside it, what the
 * images of a hundred hosts take in memory and how long a list of them all takes. Once with the same
 * images on each host, and once with images that no other host has.
 */
export function run(_options: BenchOptions): Promise<readonly BenchResult[]> {
  const snapshots = Array.from({ length: HOSTS }, (_, host) => snapshotOf(host))
  const { graph } = foldAll(emptyGraph, snapshots)
  return Promise.resolve([
    measure('the same on all hosts', graph, (_host, image) => image),
    measure('others on each host', graph, (host, image) => host * IMAGES_PER_HOST + image),
  ])
}

function measure(
  what: string,
  graph: Parameters<typeof imageViews>[0]['graph'],
  numberOf: (host: number, image: number) => number,
): BenchResult {
  const stock = new Stock()
  const before = heapBytes()
  const samples: number[] = []
  let messageBytes = 0
  for (let host = 0; host < HOSTS; host += 1) {
    for (let slice = 0; slice < STOCK_SLICES; slice += 1) {
      // Made one by one, as messages arrive, so that only what is kept is counted.
      const text = sliceText(host, slice, numberOf)
      messageBytes += text.length
      const began = performance.now()
      const told = decode(StockSlice, text)
      if (told.kind === 'value') stock.hear(told.value)
      samples.push(performance.now() - began)
    }
  }
  const bytes = heapBytes() - before
  const began = performance.now()
  const { images } = imageViews({ graph, stock })
  const listMs = performance.now() - began
  const beganAgain = performance.now()
  imageViews({ graph, stock })
  const listAgainMs = performance.now() - beganAgain
  return summarise(`stock, ${what}`, samples, {
    hosts: HOSTS,
    images: images.length,
    layers: stock.kept.layers,
    bytesPerImageAndHost: Math.round(bytes / HOSTS / IMAGES_PER_HOST),
    messageBytesPerHost: Math.round(messageBytes / HOSTS),
    allHeardMs: Math.round(samples.reduce((sum, ms) => sum + ms, 0)),
    listMs: Math.round(listMs),
    listAgainMs: Math.round(listAgainMs),
    rssMiB: Math.round(process.memoryUsage.rss() / 2 ** 20),
  })
}

function sliceText(
  host: number,
  slice: number,
  numberOf: (host: number, image: number) => number,
): string {
  const inSlice = Array.from({ length: IMAGES_PER_HOST }, (_, image) => image).filter(
    (image) => image % STOCK_SLICES === slice,
  )
  const images = inSlice.map((image) => {
    const number = numberOf(host, image)
    const layers = Array.from({ length: LAYERS }, (_, at) =>
      exampleDigest(
        at < BASE_LAYERS ? 1_000 * (number % BASES) + at : 1_000_000 + number * 10 + at,
      ),
    )
    const name = `registry.example.com/team/service-${number}`
    return exampleImage(exampleDigest(900_000_000 + number), {
      tags: [`${name}:2`],
      digests: [`${name}@${exampleDigest(number)}`],
      bytes: 200_000_000,
      labels: { 'org.opencontainers.image.version': '2', maintainer: 'team@example.com' },
      layers,
      layerBytes: layers.map((_, at) => at * 1_000_000),
    })
  })
  return JSON.stringify(exampleImages(hostOf(host), slice + 1, images, { slice }))
}

function heapBytes(): number {
  if (typeof collectGarbage === 'function') collectGarbage()
  return process.memoryUsage().heapUsed
}
