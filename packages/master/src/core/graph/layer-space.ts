import type { Image } from '@roadstead/shared/protocol/stock.ts'
import { compareText } from './select.ts'

/** What the images of one host take on its disk. */
export interface LayerSpace {
  /** Of each image by id: what no other image here has. Absent: not known. */
  readonly ownBytes: ReadonlyMap<string, number>
  /** All together, each layer once. */
  readonly bytes: number
  /** What would be free without the images that are not in use. */
  readonly unusedBytes: number
  /** False: the size of some layer is not known, and both sums are at least this. */
  readonly exact: boolean
}

/**
 * An engine keeps a layer once for all images that have the same layers below it, so two images share
 * exactly the layers at the beginning of both. In the order of their layers, each image stands beside
 * the one with which it shares most.
 */
export function layerSpace(images: readonly Image[], isInUse: (id: string) => boolean): LayerSpace {
  const sorted = images.toSorted(byLayers)
  const ownBytes = new Map<string, number>()
  for (const [at, image] of sorted.entries()) {
    const shared = Math.max(
      sharedLayers(image, sorted[at - 1]),
      sharedLayers(image, sorted[at + 1]),
    )
    const own = bytesFrom(image, shared)
    if (own !== undefined) ownBytes.set(image.id, own)
  }
  const all = unionBytes(sorted)
  const used = unionBytes(sorted.filter(({ id }) => isInUse(id)))
  return {
    ownBytes,
    bytes: all,
    unusedBytes: Math.max(0, all - used),
    exact: images.every((image) => bytesFrom(image, 0) !== undefined),
  }
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
  return layerBytes.slice(first).reduce((sum, bytes) => sum + bytes, 0)
}

function byLayers(a: Image, b: Image): number {
  const at = sharedLayers(a, b)
  const [one, other] = [a.layers[at], b.layers[at]]
  if (one === undefined || other === undefined) return a.layers.length - b.layers.length
  return compareText(one, other)
}
