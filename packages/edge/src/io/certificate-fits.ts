import { createPrivateKey, X509Certificate } from 'node:crypto'

/**
 * Whether a key belongs to the first certificate of a chain. A master has looked already; but a pair
 * that does not fit makes nginx refuse its whole text, so this edge looks for itself.
 */
export function certificateFits({
  chain,
  key,
}: {
  readonly chain: string
  readonly key: string
}): boolean {
  try {
    return new X509Certificate(chain).checkPrivateKey(createPrivateKey(key))
  } catch {
    return false
  }
}
