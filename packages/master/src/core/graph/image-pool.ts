import type { Image, ImageId } from '@roadstead/shared/protocol/stock.ts'

interface Counted<Value> {
  readonly value: Value
  uses: number
}

/**
 * One object for the same image on many hosts, and one for a layer in many images: a fleet has few of
 * both, and many places for each. Two hosts that say different things under one id keep what each of
 * them said.
 */
export class ImagePool {
  readonly #variantsById = new Map<ImageId, Counted<Image>[]>()
  readonly #layers = new Map<string, Counted<string>>()

  get kept(): { readonly images: number; readonly layers: number } {
    const variants = [...this.#variantsById.values()]
    const images = variants.reduce((sum, { length }) => sum + length, 0)
    return { images, layers: this.#layers.size }
  }

  /** The images as they are kept; each has to be released once. */
  share(images: readonly Image[]): readonly Image[] {
    return images.map((image) => {
      const variants = this.#variantsById.get(image.id) ?? []
      const text = JSON.stringify(image)
      const known = variants.find(({ value }) => JSON.stringify(value) === text)
      if (known !== undefined) {
        known.uses += 1
        return known.value
      }
      const value = { ...image, layers: image.layers.map((layer) => this.#layer(layer)) }
      this.#variantsById.set(image.id, [...variants, { value, uses: 1 }])
      return value
    })
  }

  /** @param images as `share` returned them. */
  release(images: readonly Image[]): void {
    for (const image of images) {
      const variants = this.#variantsById.get(image.id) ?? []
      const known = variants.find(({ value }) => value === image)
      if (known === undefined) continue
      known.uses -= 1
      if (known.uses > 0) continue
      const left = variants.filter((it) => it !== known)
      if (left.length === 0) this.#variantsById.delete(image.id)
      else this.#variantsById.set(image.id, left)
      for (const layer of image.layers) this.#releaseLayer(layer)
    }
  }

  #layer(text: string): string {
    const known = this.#layers.get(text)
    if (known === undefined) this.#layers.set(text, { value: text, uses: 1 })
    else known.uses += 1
    return known?.value ?? text
  }

  #releaseLayer(text: string): void {
    const known = this.#layers.get(text)
    if (known === undefined) return
    known.uses -= 1
    if (known.uses === 0) this.#layers.delete(text)
  }
}
