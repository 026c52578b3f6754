import type { Image } from '@roadstead/shared/protocol/stock.ts'
import { compareText } from './select.ts'

/** The images of one host in the order of their layers, and what follows from that alone. */
export interface LayerOrder {
  readonly images: readonly Image[]
  /** Of each image by id: what no other image here has. Absent: not known. */
  readonly ownBytes: ReadonlyMap<string, number>
  /** All together, each layer once. */
  readonly bytes: number
  /** False: the size of some layer is not known, and every sum is at least this. */
  readonly exact: boolean
}

/**
 * An engine keeps a layer once for all images that have the same layers below it, so two images share
 * exactly the layers at the beginning of both. In the order of their layers, each image stands beside
 * the one with which it shares most.
 */
export function layerOrder(unsorted: readonly Image[]): LayerOrder {
  const images = unsorted.toSorted(byLayers)
  const shared = images.map((image, at) => sharedLayers(image, images[at - 1]))
  const ownBytes = new Map<string, number>()
  for (const [at, image] of images.entries()) {
    const own = bytesFrom(image, Math.max(shared[at] ?? 0, shared[at + 1] ?? 0))
    if (own !== undefined) ownBytes.set(image.id, own)
  }
  return { images, ownBytes, bytes: unionBytes(images), exact: ownBytes.size === images.length }
}

/** What would be free without the images that are not in use. */
export function unusedBytes(order: LayerOrder, isInUse: (id: string) => boolean): number {
  return order.bytes - unionBytes(order.images.filter(({ id }) => isInUse(id)))
}

function unionBytes(sorted: readonly Image[]): number {
  return sorted.reduce(
    (sum, image, at) => sum + (bytesFrom(image, sharedLayers(image, sorted[at - 1])) ?? 0),
    0,
  )
}

/** How many layers both begin with. */
function sharedLayers(a: Image, b: Image | undefined): number {
  if (b === undefined) return 0
  const end = Math.min(a.layers.length, b.layers.length)
  for (let at = 0; at < end; at += 1) if (a.layers[at] !== b.layers[at]) return at
  return end
}

function bytesFrom({ layers, layerBytes }: Image, first: number): number | undefined {
  if (layers.length === 0 || layerBytes?.length !== layers.length) return undefined
  let sum = 0
  for (let at = first; at < layerBytes.length; at += 1) sum += layerBytes[at] ?? 0
  return sum
}

function byLayers(a: Image, b: Image): number {
  const at = sharedLayers(a, b)
  const [one, other] = [a.layers[at], b.layers[at]]
  if (one === undefined || other === undefined) return a.layers.length - b.layers.length
  return compareText(one, other)
}
