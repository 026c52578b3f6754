import { z } from 'zod'

/**
 * Engines say "nothing" as null, as an empty string or by leaving the field out; all three become the
 * same empty value here, so that no other file has to know.
 */
export const text = z
  .string()
  .nullish()
  .transform((value) => value ?? '')
export const count = z
  .int()
  .nullish()
  .transform((value) => value ?? 0)
export const flag = z
  .boolean()
  .nullish()
  .transform((value) => value ?? false)
export const listOf = <Item extends z.ZodType>(item: Item) =>
  z
    .array(item)
    .nullish()
    .transform((value) => value ?? [])
export const recordOf = <Item extends z.ZodType>(item: Item) =>
  z
    .record(z.string(), item)
    .nullish()
    .transform((value) => value ?? {})
