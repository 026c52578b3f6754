import { z } from 'zod'
import { PublicKey } from '../kernel/ids.ts'

/**
 * A statement that proves who made it. The signature covers `purpose`, a line feed and the exact
 * text of `body`, so nothing depends on how JSON is written, and a signed table can never pass for a
 * signed command.
 */
export const Signed = z.object({
  v: z.literal(1),
  purpose: z.enum(['table', 'command']),
  by: PublicKey,
  /** Ed25519, base64. */
  signature: z.string().length(88),
  body: z.string(),
})
export type Signed = z.infer<typeof Signed>

/** The bytes that are signed, as text. */
export function signedText(purpose: Signed['purpose'], body: string): string {
  return `roadstead/v1/${purpose}\n${body}`
}
