import type { HostId } from '@roadstead/shared/kernel/ids.ts'
import { compareStamps, type Stamp } from '@roadstead/shared/protocol/stamp.ts'
import type { Image, StockKind, StockSlice, Volume } from '@roadstead/shared/protocol/stock.ts'
import { HostImages } from './host-images.ts'
import { ImagePool } from './image-pool.ts'

/** The newest word about one slice. */
interface Told<Item> {
  readonly stamp: Stamp
  readonly items: readonly Item[]
  readonly untold: number
}

interface HostStock {
  readonly images: Map<number, Told<Image>>
  /** Absent since the last change. */
  whole?: HostImages | undefined
  readonly volumes: Map<number, Told<Volume>>
}

/**
 * The other part of the inventory: images and volumes of all hosts, as the engines told them. It
 * stands beside the graph of containers and not in it, since no route is derived from it.
 *
 * Of each slice only the newest word is kept, by its stamp, so words may come twice, late and in any
 * order (I2). Nothing is ever dropped because somebody is silent.
 */
export class Stock {
  readonly #hosts = new Map<HostId, HostStock>()
  readonly #pool = new ImagePool()

  /** Every host that has told anything, in the order of ids. */
  get hosts(): readonly HostId[] {
    return [...this.#hosts.keys()].sort()
  }

  /** What was in the slice until now: undefined when it was never heard of, or the word is an old one. */
  hear(told: StockSlice): readonly (Image | Volume)[] | undefined {
    const { host } = told.stamp
    const stock: HostStock = this.#hosts.get(host) ?? { images: new Map(), volumes: new Map() }
    const known = stock[told.of].get(told.slice)
    if (!isNewer(told, known)) return undefined
    this.#hosts.set(host, stock)
    const { slice, stamp, untold } = told
    if (told.of === 'volumes') {
      stock.volumes.set(slice, { stamp, untold, items: told.items })
      return known?.items
    }
    const before = stock.images.get(slice)?.items
    // First the new ones, so that what stays is never let go of.
    stock.images.set(slice, { stamp, untold, items: this.#pool.share(told.items) })
    this.#pool.release(before ?? [])
    stock.whole = undefined
    return before
  }

  images(host: HostId): readonly Image[] {
    return this.hostImages(host).images
  }

  /** The same object until something changes. */
  hostImages(host: HostId): HostImages {
    const stock = this.#hosts.get(host)
    if (stock === undefined) return NO_IMAGES
    stock.whole ??= new HostImages(itemsOf(stock.images))
    return stock.whole
  }

  volumes(host: HostId): readonly Volume[] {
    return itemsOf(this.#hosts.get(host)?.volumes)
  }

  /** How many slices of each kind have been heard of: with fewer than all, some may be missing. */
  slices(host: HostId): Readonly<Record<StockKind, number>> {
    const stock = this.#hosts.get(host)
    return { images: stock?.images.size ?? 0, volumes: stock?.volumes.size ?? 0 }
  }

  /** How many there are beyond those that are told. */
  untold(host: HostId, of: StockKind): number {
    const told = [...(this.#hosts.get(host)?.[of].values() ?? [])]
    return told.reduce((sum, { untold }) => sum + untold, 0)
  }

  /** For the books: how many different images and layers are kept. */
  get kept(): { readonly images: number; readonly layers: number } {
    return this.#pool.kept
  }
}

const NO_IMAGES = new HostImages([])

function isNewer({ stamp }: StockSlice, known: Pick<Told<never>, 'stamp'> | undefined): boolean {
  return known === undefined || compareStamps(stamp, known.stamp) > 0
}

function itemsOf<Item>(slices: ReadonlyMap<number, Told<Item>> | undefined): readonly Item[] {
  return [...(slices ?? new Map<number, Told<Item>>())]
    .sort(([a], [b]) => a - b)
    .flatMap(([, { items }]) => items)
}
