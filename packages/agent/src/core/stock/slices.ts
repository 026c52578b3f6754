import { EVENT_BYTES_MAX } from '@roadstead/shared/kernel/limits.ts'
import { type Image, STOCK_SLICES, type Volume } from '@roadstead/shared/protocol/stock.ts'

type Item = Image | Volume

/** What a slice holds, before it is stamped. */
export interface SliceContent<Of> {
  readonly items: readonly Of[]
  readonly untold: number
}

/** Room for the fields around the items. */
const ITEMS_BYTES_MAX = EVENT_BYTES_MAX - 1_024

/**
 * Deals what there is out to all slices, in the order of its names, so that the same stock gives the
 * same slices. Labels of hostile length are left out first; what has no room even so is counted.
 *
 * @param untold names of those that were left out before.
 */
export function dealOut<Of extends Item>(
  items: readonly Of[],
  nameOf: (item: Of) => string,
  untold: readonly string[],
): readonly SliceContent<Of>[] {
  const slices = Array.from({ length: STOCK_SLICES }, () => ({ items: new Array<Of>(), untold: 0 }))
  const sorted = items.toSorted((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1))
  for (const item of sorted) slices[sliceOf(nameOf(item))]?.items.push(item)
  for (const name of untold) {
    const slice = slices[sliceOf(name)]
    if (slice !== undefined) slice.untold += 1
  }
  return slices.map(fitted)
}

/** FNV-1a: any hash does, as long as it stays the same from one version of the agent to the next. */
export function sliceOf(name: string): number {
  let hash = 0x811c9dc5
  for (let at = 0; at < name.length; at += 1) {
    hash = Math.imul(hash ^ name.charCodeAt(at), 0x01000193)
  }
  return (hash >>> 0) % STOCK_SLICES
}

function fitted<Of extends Item>(slice: SliceContent<Of>): SliceContent<Of> {
  if (bytesOf(slice.items) <= ITEMS_BYTES_MAX) return slice
  const items = new Array<Of>()
  let room = ITEMS_BYTES_MAX
  for (const item of slice.items) {
    const bare = { ...item, labels: {} }
    room -= bytesOf(bare) + 1
    if (room < 0) break
    items.push(bare)
  }
  return { items, untold: slice.untold + slice.items.length - items.length }
}

function bytesOf(value: unknown): number {
  return new TextEncoder().encode(JSON.stringify(value)).length
}
