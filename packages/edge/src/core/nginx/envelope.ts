import type { Digest } from '@roadstead/shared/kernel/digest.ts'
import { ShortHashLength } from '@roadstead/shared/kernel/ids.ts'

/** The file that nginx includes, and what it is worth. */
export interface Sealed {
  readonly generation: string
  /** The whole file: body, generation, checksum. */
  readonly text: string
}

const TRAILER = '# roadstead sha256 '
const HASH_LENGTH = 64

/**
 * Closes a rendered body for the disk. The generation is the hash of the body, which the body cannot
 * hold itself, so it follows as a map that the control socket answers from. The last line is a
 * checksum over all that precedes: a file that was cut anywhere, or edited, is recognised before
 * nginx sees it. nginx alone would accept such a file at many places, with routes missing.
 */
export function seal(body: string, digest: Digest): Sealed {
  const generation = digest(body).slice(0, ShortHashLength)
  const content = body + generationText(generation)
  return { generation, text: `${content}${TRAILER}${digest(content)}\n` }
}

/** The generation of a file that is whole; undefined for any other text. */
export function unseal(text: string, digest: Digest): string | undefined {
  const start = text.length - TRAILER.length - HASH_LENGTH - 1
  if (start < 0 || !text.startsWith(TRAILER, start) || !text.endsWith('\n')) return undefined
  const content = text.slice(0, start)
  if (text.slice(start + TRAILER.length, -1) !== digest(content)) return undefined
  const bodyLength = content.length - generationText('0'.repeat(ShortHashLength)).length
  const generation = digest(content.slice(0, Math.max(0, bodyLength))).slice(0, ShortHashLength)
  return content.slice(bodyLength) === generationText(generation) ? generation : undefined
}

/** The body of a file that is whole. */
export function bodyOf(text: string): string {
  const end = text.length - TRAILER.length - HASH_LENGTH - 1
  return text.slice(0, end - generationText('0'.repeat(ShortHashLength)).length)
}

function generationText(generation: string): string {
  return `map $host $rs_generation {\n  default ${generation};\n}\n`
}
