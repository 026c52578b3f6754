import { exchange } from './exchange.ts'

/** What an nginx says under a name of ours: a generation, something else, or nothing at all. */
type Said =
  | { readonly kind: 'generation'; readonly generation: string }
  | { readonly kind: 'other' | 'silent' }

/** Asks over a fresh connection, as a visitor would. */
export async function askGeneration(
  where: { readonly host: string; readonly port: number },
  name: string,
): Promise<Said> {
  const answer = await exchange(where, `GET / HTTP/1.0\r\nHost: ${name}\r\n\r\n`)
  const generation = /\r\n\r\n([0-9a-f]{16})\s*$/.exec(answer)?.[1]
  if (generation !== undefined) return { kind: 'generation', generation }
  return { kind: answer === '' ? 'silent' : 'other' }
}
