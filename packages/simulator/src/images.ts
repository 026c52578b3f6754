import type { Image } from './core/model.ts'
import { Problem } from './problem.ts'

/** A layer of a simulated image: it has a name of its own and nothing in it. */
const BYTES = 1_000

export interface StockDeps {
  readonly newId: () => string
  readonly wallMs: () => number
  readonly tell: (
    type: 'image' | 'volume',
    action: string,
    id: string,
    attributes: Record<string, string>,
  ) => void
  readonly isInUse: (key: string) => boolean
}

export type NewImage = Partial<Omit<Image, 'tags'>> & { readonly reference: string }

/** The images of the simulated engine, and what is told when they change. */
export class ImageStore {
  readonly #deps: StockDeps
  readonly #imageById = new Map<string, Image>()

  constructor(deps: StockDeps) {
    this.#deps = deps
  }

  get all(): readonly Image[] {
    return [...this.#imageById.values()]
  }

  /** By name, by id, or by an id without the name of its hash. */
  find(key: string): Image {
    const found =
      this.#tagged(withTag(key)) ?? this.#imageById.get(key) ?? this.#imageById.get(`sha256:${key}`)
    if (found === undefined) throw new Problem(404, `No such image: ${withTag(key)}`)
    return found
  }

  /** An image that has the same name loses it, as it does to a newer build. */
  add({ reference, ...image }: NewImage): Image {
    const id = `sha256:${this.#deps.newId()}`
    const layers = [`sha256:${this.#deps.newId()}`]
    const createdAt = new Date(this.#deps.wallMs()).toISOString()
    const plain = { id, createdAt, bytes: BYTES, layers, labels: {}, exposedPorts: [], env: [] }
    const made: Image = { ...plain, ...image, tags: [] }
    this.#imageById.set(made.id, made)
    return this.#name(made, reference)
  }

  import(reference: string, bytes: number): Image {
    const image = this.add({ reference, bytes })
    this.#deps.tell('image', 'import', image.id, { name: image.id })
    this.#deps.tell('image', 'tag', image.id, { name: reference })
    return image
  }

  tag(key: string, reference: string): void {
    const image = this.#name(this.find(key), withTag(reference))
    this.#deps.tell('image', 'tag', image.id, { name: withTag(reference) })
  }

  /** Takes a name from it, and with the last one the image goes. */
  remove(key: string, force: boolean): object[] {
    const image = this.find(key)
    const tag = image.tags.find((it) => it === withTag(key))
    if (tag === undefined && image.tags.length > 1 && !force) {
      throw new Problem(409, `conflict: unable to delete ${key} (must be forced)`)
    }
    const left = tag === undefined ? [] : image.tags.filter((it) => it !== tag)
    if (left.length === 0 && this.#deps.isInUse(image.id)) {
      throw new Problem(409, `conflict: unable to remove ${key}, a container uses it`)
    }
    const untagged = image.tags.filter((it) => !left.includes(it))
    for (const _ of untagged) this.#deps.tell('image', 'untag', image.id, { name: image.id })
    this.#imageById.set(image.id, { ...image, tags: left })
    const answer = untagged.map((it): object => ({ Untagged: it }))
    if (left.length > 0) return answer
    this.#imageById.delete(image.id)
    this.#deps.tell('image', 'delete', image.id, { name: image.id })
    return [...answer, { Deleted: image.id }]
  }

  #name(image: Image, reference: string): Image {
    const holder = this.#tagged(reference)
    if (holder !== undefined) {
      const tags = holder.tags.filter((it) => it !== reference)
      this.#imageById.set(holder.id, { ...holder, tags })
    }
    const now = this.#imageById.get(image.id) ?? image
    const named = { ...now, tags: [...now.tags, reference] }
    this.#imageById.set(image.id, named)
    return named
  }

  #tagged(reference: string): Image | undefined {
    return this.all.find(({ tags }) => tags.includes(reference))
  }
}

/** A name without a tag means the tag `latest`. */
function withTag(reference: string): string {
  return reference.slice(reference.lastIndexOf('/') + 1).includes(':')
    ? reference
    : `${reference}:latest`
}
