import { LIST_PER_CONTAINER_MAX } from '@roadstead/shared/kernel/limits.ts'

/** Longest text of one field on the bus; engines set no limit of their own. */
export const TEXT_MAX = 4_096

/** `value` cut to `max` UTF-16 units, so that it passes the vocabulary's schemas. */
export function cut(value: string, max: number = TEXT_MAX): string {
  return value.length <= max ? value : value.slice(0, max)
}

/** The first items of a list that may be of any length. */
export function bounded<Item>(items: readonly Item[], max = LIST_PER_CONTAINER_MAX): Item[] {
  return items.slice(0, max)
}

/** Order of text by UTF-16 units: the same on every machine, whatever its locale. */
export function byText(a: string, b: string): number {
  return a < b ? -1 : Number(a > b)
}
