import { createHash } from 'node:crypto'

/**
 * An nkey is made for signing, on the Edwards form of the curve; keys are agreed on its Montgomery form.
 * The two are one curve, so one key serves both: RFC 7748 §4.1 gives the map between them, and RFC 8032
 * §5.1.5 how the scalar comes from the seed. So no process needs a second secret to look after.
 */

/** The X25519 public key of an Ed25519 public key, both as 32 bytes. */
export function montgomeryPoint(edwards: Uint8Array): Buffer<ArrayBuffer> {
  const bytes = Uint8Array.from(edwards).reverse()
  // The highest bit is the sign of x, which the other form does without.
  const y = BigInt(`0x${Buffer.from(bytes).toString('hex')}`) & LOW_255_BITS
  const u = modulo((1n + y) * inverse(modulo(1n - y)))
  return Buffer.from(u.toString(16).padStart(2 * KEY_BYTES, '0'), 'hex').reverse()
}

/** The X25519 private key that belongs to it, of the 32 bytes of an Ed25519 seed. */
export function montgomeryScalar(seed: Uint8Array): Buffer<ArrayBuffer> {
  // Whoever uses it clamps it: RFC 7748 makes that part of X25519.
  return Buffer.from(createHash('sha512').update(seed).digest().subarray(0, KEY_BYTES))
}

const KEY_BYTES = 32
const PRIME = 2n ** 255n - 19n
const LOW_255_BITS = 2n ** 255n - 1n

function modulo(value: bigint): bigint {
  const rest = value % PRIME
  return rest < 0n ? rest + PRIME : rest
}

/** By Fermat: value^(p-2). Public values only, so it may take longer for some than for others. */
function inverse(value: bigint): bigint {
  let result = 1n
  let base = value
  for (let exponent = PRIME - 2n; exponent > 0n; exponent >>= 1n) {
    if ((exponent & 1n) === 1n) result = modulo(result * base)
    base = modulo(base * base)
  }
  return result
}
