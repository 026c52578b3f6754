/**
 * What differs between two lists that are sorted in the same way, as pairs: what was there and what
 * is there now. Objects that are the same are passed over without a look inside, and tables keep the
 * objects that did not change. So what follows a change costs as much as the change.
 */
export function differences<Item>(
  before: readonly Item[],
  after: readonly Item[],
  order: (a: Item, b: Item) => number,
): readonly Difference<Item>[] {
  const found: Difference<Item>[] = []
  let left = 0
  let right = 0
  for (;;) {
    const old = before[left]
    const young = after[right]
    if (old === undefined && young === undefined) return found
    if (old === young) {
      left += 1
      right += 1
      continue
    }
    const sign = old === undefined ? 1 : young === undefined ? -1 : order(old, young)
    if (sign <= 0) left += 1
    if (sign >= 0) right += 1
    found.push({ before: sign <= 0 ? old : undefined, after: sign >= 0 ? young : undefined })
  }
}

export interface Difference<Item> {
  readonly before: Item | undefined
  readonly after: Item | undefined
}

/** Where `compare` gives 0, or the first place behind it, in a list sorted by it. */
export function place<Item>(list: readonly Item[], compare: (item: Item) => number): number {
  let low = 0
  let high = list.length
  while (low < high) {
    const middle = (low + high) >>> 1
    const item = list[middle]
    if (item !== undefined && compare(item) < 0) low = middle + 1
    else high = middle
  }
  return low
}
