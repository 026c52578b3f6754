import { canonical } from '@roadstead/shared/kernel/canonical.ts'
import type { Digest } from '@roadstead/shared/kernel/digest.ts'
import type { HostId, SiteId } from '@roadstead/shared/kernel/ids.ts'
import type { Cause } from '@roadstead/shared/protocol/observation.ts'
import type { Image, StockKind, StockSlice, Volume } from '@roadstead/shared/protocol/stock.ts'
import { dealOut, type SliceContent } from './slices.ts'

type Content =
  | ({ readonly of: 'images' } & SliceContent<Image>)
  | ({ readonly of: 'volumes' } & SliceContent<Volume>)

interface Page {
  readonly slice: number
  readonly content: Content
  readonly hash: string
  /** Why it was listed when it came to look like this. */
  readonly cause: Cause
}

/**
 * The stock of this host as it should be known, and which slices of it have still to be told. Nothing
 * waits in a queue: what changes three times before it is told is told once, as it is then.
 */
export class StockBook {
  readonly #host: HostId
  readonly #boot: number
  readonly #digest: Digest
  readonly #pages = new Map<string, Page>()
  /** Keys of pages to tell, the longest waiting first. */
  readonly #waiting = new Set<string>()
  #seq = 0

  constructor(parts: { readonly host: HostId; readonly boot: number; readonly digest: Digest }) {
    this.#host = parts.host
    this.#boot = parts.boot
    this.#digest = parts.digest
  }

  /** Slices that have still to be told. */
  get waiting(): number {
    return this.#waiting.size
  }

  /** How many of a kind the host has; undefined until they were listed in this life. */
  count(of: StockKind): number | undefined {
    const pages = [...this.#pages.values()].filter(({ content }) => content.of === of)
    if (pages.length === 0) return undefined
    return pages.reduce((sum, { content }) => sum + content.items.length + content.untold, 0)
  }

  /** Takes in what the engine listed. `untold`: names of those that are left out. */
  seeImages(images: readonly Image[], untold: readonly string[], cause: Cause): void {
    const dealt = dealOut(images, ({ id }) => id, untold)
    for (const [slice, content] of dealt.entries())
      this.#see(slice, { of: 'images', ...content }, cause)
  }

  seeVolumes(volumes: readonly Volume[], untold: readonly string[], cause: Cause): void {
    const dealt = dealOut(volumes, ({ name }) => name, untold)
    for (const [slice, content] of dealt.entries())
      this.#see(slice, { of: 'volumes', ...content }, cause)
  }

  /** All of it: after a new link nobody knows what the bus still has. */
  tellAgain(): void {
    for (const key of this.#pages.keys()) this.#waiting.add(key)
  }

  /** The next slice to tell, with a stamp of its own; it waits until it is settled. */
  next(site: SiteId): StockSlice | undefined {
    const [key] = this.#waiting
    const page = key === undefined ? undefined : this.#pages.get(key)
    if (page === undefined) return undefined
    this.#seq += 1
    const stamp = { host: this.#host, boot: this.#boot, seq: this.#seq }
    const { slice, content, cause } = page
    const { untold } = content
    const about = { kind: 'stock', v: 1, site, stamp, cause, slice, untold } as const
    return content.of === 'images'
      ? { ...about, of: content.of, items: [...content.items] }
      : { ...about, of: content.of, items: [...content.items] }
  }

  /** Is told. What changed meanwhile goes on waiting. */
  settle(told: StockSlice): void {
    const key = keyOf(told.of, told.slice)
    if (this.#pages.get(key)?.hash === this.#hashOf(told)) this.#waiting.delete(key)
  }

  /** Lets others go first. */
  postpone({ of, slice }: StockSlice): void {
    const key = keyOf(of, slice)
    if (this.#waiting.delete(key)) this.#waiting.add(key)
  }

  #see(slice: number, content: Content, cause: Cause): void {
    const key = keyOf(content.of, slice)
    const hash = this.#hashOf(content)
    if (this.#pages.get(key)?.hash === hash) return
    this.#pages.set(key, { slice, content, hash, cause })
    this.#waiting.add(key)
  }

  #hashOf({ items, untold }: Pick<StockSlice, 'items' | 'untold'> | Content): string {
    return this.#digest(canonical([untold, ...items]))
  }
}

function keyOf(of: StockKind, slice: number): string {
  return `${of}.${slice}`
}
