import type { z } from 'zod'

export type Decoded<Value> =
  | { readonly kind: 'value'; readonly value: Value }
  | { readonly kind: 'invalid'; readonly error: string }

/** How much of a parse error is kept: enough to find the field, too little to fill a log. */
const ERROR_LENGTH_MAX = 512

/** Text to a checked value: the only way in for anything that came over the bus. */
export function decode<Schema extends z.ZodType>(
  schema: Schema,
  text: string,
): Decoded<z.output<Schema>> {
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch {
    return { kind: 'invalid', error: 'not JSON' }
  }
  const parsed = schema.safeParse(json)
  if (parsed.success) return { kind: 'value', value: parsed.data }
  const issues = parsed.error.issues.map((it) => `${it.path.join('.')}: ${it.message}`)
  return { kind: 'invalid', error: issues.join('; ').slice(0, ERROR_LENGTH_MAX) }
}

/** Its text, or nothing when it has more bytes than its subject may carry. */
export function encodeWithin(value: unknown, bytesMax: number): string | undefined {
  const text = JSON.stringify(value)
  return Buffer.byteLength(text) > bytesMax ? undefined : text
}
