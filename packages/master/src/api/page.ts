import { z } from 'zod'

/** Which part of a long list: every list of the API takes it. */
export const PageQuery = z.object({
  offset: z.coerce.number().int().min(0).default(0),
  limit: z.coerce.number().int().min(1).max(10_000).default(10_000),
})
export type PageQuery = z.infer<typeof PageQuery>

export interface Page<Item> {
  items: Item[]
  total: number
}

export function pageOf<Item>(all: readonly Item[], { offset, limit }: PageQuery): Page<Item> {
  return { items: all.slice(offset, offset + limit), total: all.length }
}
