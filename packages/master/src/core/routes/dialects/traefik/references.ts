import { shown } from '../../label-values.ts'
import type { Problem } from '../../found.ts'

/**
 * A name that is defined by labels, lowered: alone, or with where Traefik says that labels are from.
 * What is defined elsewhere, nobody here has read.
 */
export function readReference(written: string): { readonly name: string } | Problem {
  const [name = '', ...from] = written.toLowerCase().split('@')
  if (from.length === 0 || (from.length === 1 && from[0] === 'docker')) return { name }
  return { reason: 'reference-refused', details: { reference: shown(written) } }
}

/** A service that only redirects lead to: nobody is ever asked. */
export function isNoService(written: string): boolean {
  return written.toLowerCase() === 'noop@internal'
}
