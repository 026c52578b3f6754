import {
  createPrivateKey,
  createPublicKey,
  type KeyObject,
  sign as signBytes,
  verify as verifyBytes,
} from 'node:crypto'
import { fromPublic, fromSeed } from '@nats-io/nkeys'
import { PublicKey } from '@roadstead/shared/kernel/ids.ts'
import { RoadsteadError } from '@roadstead/shared/kernel/roadstead-error.ts'
import { type Signed, signedText } from '@roadstead/shared/protocol/signed.ts'
import { fromBase32 } from './base32.ts'

/**
 * Signing by the platform's Ed25519: the nkeys package does it in JavaScript, some hundred times
 * slower, and a table or a command is signed on the path that a visitor waits for. The package
 * still makes keys and checks their text.
 */
export type Sign = (purpose: Signed['purpose'], body: string) => Signed

export type Verdict =
  | { readonly kind: 'trusted'; readonly by: PublicKey }
  | { readonly kind: 'unknown-signer'; readonly by: PublicKey }
  | { readonly kind: 'bad-signature'; readonly by: PublicKey }

/** A signer for one seed. */
export function signWith(seed: string): Sign {
  const key = privateKey(seed)
  const by = publicKeyOf(seed)
  return (purpose, body) => {
    const signature = signBytes(null, Buffer.from(signedText(purpose, body)), key)
    return { v: 1, purpose, by, signature: signature.toString('base64'), body }
  }
}

/** Whether one of `trusted` made this statement. Looks at the signature only, never at the body. */
export function verifySigned(signed: Signed, trusted: readonly PublicKey[]): Verdict {
  const { by } = signed
  if (!trusted.includes(by)) return { kind: 'unknown-signer', by }
  const text = Buffer.from(signedText(signed.purpose, signed.body))
  const signature = Buffer.from(signed.signature, 'base64')
  const genuine = verifyBytes(null, text, publicKeyObject(by), signature)
  return { kind: genuine ? 'trusted' : 'bad-signature', by }
}

/** The public key that belongs to a seed. @throws RoadsteadError `bad-config` */
export function publicKeyOf(seed: string): PublicKey {
  try {
    return PublicKey.parse(fromSeed(new TextEncoder().encode(seed)).getPublicKey())
  } catch {
    // The cause stays out: it might quote the seed.
    throw new RoadsteadError('bad-config', { seed: 'not the seed of an nkey user' })
  }
}

/** The answer to the server's challenge when connecting. */
export function signNonce(seed: string): (nonce: string) => string {
  const key = privateKey(seed)
  return (nonce) => signBytes(null, Buffer.from(nonce), key).toString('base64')
}

// Fixed beginnings of an Ed25519 key in DER (RFC 8410); the 32 bytes of the key follow.
const PKCS8_HEAD = Buffer.from('302e020100300506032b657004220420', 'hex')
const SPKI_HEAD = Buffer.from('302a300506032b6570032100', 'hex')
const KEY_BYTES = 32
/** A seed's text starts with two bytes of type, a public key's with one. */
const SEED_AT = 2
const PUBLIC_AT = 1

/** The 32 secret bytes of a seed. @throws RoadsteadError `bad-config` */
export function seedBytesOf(seed: string): Uint8Array {
  publicKeyOf(seed)
  return fromBase32(seed).subarray(SEED_AT, SEED_AT + KEY_BYTES)
}

/** The 32 bytes of a public key; throws when the checksum in its text does not fit. */
export function publicBytesOf(publicKey: PublicKey): Uint8Array {
  fromPublic(publicKey)
  return fromBase32(publicKey).subarray(PUBLIC_AT, PUBLIC_AT + KEY_BYTES)
}

function privateKey(seed: string): KeyObject {
  const key = Buffer.concat([PKCS8_HEAD, seedBytesOf(seed)])
  return createPrivateKey({ key, format: 'der', type: 'pkcs8' })
}

/** Masters are few and fixed: their keys are kept ready. */
const KEYS_MAX = 64
const keyByText = new Map<PublicKey, KeyObject>()

function publicKeyObject(publicKey: PublicKey): KeyObject {
  const known = keyByText.get(publicKey)
  if (known !== undefined) return known
  const raw = Buffer.concat([SPKI_HEAD, publicBytesOf(publicKey)])
  const key = createPublicKey({ key: raw, format: 'der', type: 'spki' })
  if (keyByText.size >= KEYS_MAX) keyByText.clear()
  keyByText.set(publicKey, key)
  return key
}
