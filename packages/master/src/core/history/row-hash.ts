import type { PastAudit, PastChange, PastCursor } from '@roadstead/shared/protocol/past.ts'

/**
 * What tells two rows apart, in 32 bits that every master computes alike: sums of them are compared, and
 * they order what happened in one moment. It holds the key and what two masters may hear differently;
 * not how a thing looked, which the key decides, and which masters of two versions may put in other words.
 */
export function changeHash(row: HashedChange): number {
  const { among, atMs, cause, incarnation, key, kind, seq, stream } = row
  return hashOf(`${stream}\n${kind}\n${key}\n${incarnation}.${seq} ${atMs} ${among}\n${cause}`)
}

/** Its kind may be one that only another version knows. */
type HashedChange = Omit<PastChange, 'body' | 'host' | 'kind' | 'name'> & { readonly kind: string }

export function auditHash({
  atMs,
  origin,
  seq,
}: Pick<PastAudit, 'atMs' | 'origin' | 'seq'>): number {
  return hashOf(`${origin}\n${seq} ${atMs}`)
}

/** FNV-1a: no secret is kept by it, and a row costs a fraction of a microsecond. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5
  for (let at = 0; at < text.length; at += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193)
  }
  return hash >>> 0
}

/** Hashes are below this. */
export const HASH_END = 2 ** 32

export function changeCursor(row: HashedChange): PastCursor {
  return { atMs: row.atMs, seq: row.seq, hash: changeHash(row) }
}

export function auditCursor(row: Omit<PastAudit, 'entry'>): PastCursor {
  return { atMs: row.atMs, seq: row.seq, hash: auditHash(row) }
}

export function isBefore(a: PastCursor, b: PastCursor): boolean {
  if (a.atMs !== b.atMs) return a.atMs < b.atMs
  return a.seq === b.seq ? a.hash < b.hash : a.seq < b.seq
}
