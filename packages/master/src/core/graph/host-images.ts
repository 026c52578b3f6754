import type { Image } from '@roadstead/shared/protocol/stock.ts'
import { tagOf } from './image-names.ts'
import { type LayerOrder, layerOrder } from './layer-space.ts'

/**
 * All images of one host as they are now, with what is worked out of them alone. That is done when it is
 * first asked for, and kept until one of them changes: a fleet is asked about more often than it changes.
 */
export class HostImages {
  readonly images: readonly Image[]
  #idByTag: ReadonlyMap<string, string> | undefined
  #layers: LayerOrder | undefined

  constructor(images: readonly Image[]) {
    this.images = images
  }

  /** By the short form of a tag: the image that has it here. */
  get idByTag(): ReadonlyMap<string, string> {
    this.#idByTag ??= new Map(
      this.images.flatMap(({ id, tags }) => tags.map((tag) => [tagOf(tag) ?? tag, id] as const)),
    )
    return this.#idByTag
  }

  get layers(): LayerOrder {
    this.#layers ??= layerOrder(this.images)
    return this.#layers
  }
}
