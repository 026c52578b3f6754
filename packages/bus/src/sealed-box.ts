import {
  createCipheriv,
  createDecipheriv,
  createPrivateKey,
  createPublicKey,
  diffieHellman,
  generateKeyPairSync,
  hkdfSync,
  type KeyObject,
  randomBytes,
} from 'node:crypto'
import type { PublicKey } from '@roadstead/shared/kernel/ids.ts'
import { RoadsteadError } from '@roadstead/shared/kernel/roadstead-error.ts'
import type { Sealed } from '@roadstead/shared/protocol/kept-object.ts'
import { montgomeryPoint, montgomeryScalar } from './curve.ts'
import { publicBytesOf, publicKeyOf, seedBytesOf } from './nkey.ts'

/**
 * Texts for a few readers over a bus that anybody may read.
 *
 * A key is drawn for each text, and the text goes under it (AES-256-GCM). That key goes once to each
 * reader, under what a key pair of this moment and the reader's identity agree on (X25519, then
 * HKDF-SHA256). The moment's private half is forgotten, so the writer himself cannot open it later. The
 * context is authenticated with both: what was sealed for one object, version and reader opens as no
 * other.
 *
 * It does not say who sealed it: anybody can seal for a public key. Whoever opens believes it by where
 * it stands, such as under a digest in a signed manifest.
 */
export function seal(recipients: readonly PublicKey[], plaintext: string, context: string): Sealed {
  const key = randomBytes(KEY_BYTES)
  const pair = generateKeyPairSync('x25519')
  const sender = rawOf(pair.publicKey)
  return {
    v: 1,
    sender: sender.toString('base64'),
    keys: recipients.map((to) => {
      const shared = agree(pair.privateKey, rawPublicKey(montgomeryPoint(publicBytesOf(to))))
      const wrapping = wrappingKey(shared, sender, to)
      return { to, wrapped: encrypt(wrapping, key, context).toString('base64') }
    }),
    text: encrypt(key, Buffer.from(plaintext), context).toString('base64'),
  }
}

export type Opened =
  | { readonly kind: 'opened'; readonly plaintext: string }
  /** Sealed for others, as after this process was enrolled anew. */
  | { readonly kind: 'not-for-us' }
  /** Changed on its way, or bound to something else. */
  | { readonly kind: 'broken' }

export type Open = (sealed: Sealed, context: string) => Opened

/** Opens what was sealed for the identity of this seed. */
export function openWith(seed: string): Open {
  const own = publicKeyOf(seed)
  const privateKey = rawPrivateKey(montgomeryScalar(seedBytesOf(seed)))
  return (sealed, context) => {
    const mine = sealed.keys.find(({ to }) => to === own)
    if (mine === undefined) return { kind: 'not-for-us' }
    try {
      const sender = Buffer.from(sealed.sender, 'base64')
      const wrapping = wrappingKey(agree(privateKey, rawPublicKey(sender)), sender, own)
      const key = decrypt(wrapping, Buffer.from(mine.wrapped, 'base64'), context)
      const plaintext = decrypt(key, Buffer.from(sealed.text, 'base64'), context).toString('utf8')
      return { kind: 'opened', plaintext }
    } catch {
      // The platform throws for all that does not fit; what it says is of no use to anybody.
      return { kind: 'broken' }
    }
  }
}

const KEY_BYTES = 32
const NONCE_BYTES = 12
const TAG_BYTES = 16
const CIPHER = 'aes-256-gcm'

// Fixed beginnings of an X25519 key in DER (RFC 8410); the 32 bytes of the key follow.
const PKCS8_HEAD = Buffer.from('302e020100300506032b656e04220420', 'hex')
const SPKI_HEAD = Buffer.from('302a300506032b656e032100', 'hex')

/** @throws where the other half is one of the few points that agree on nothing with anybody */
function agree(privateKey: KeyObject, publicKey: KeyObject): Buffer {
  return diffieHellman({ privateKey, publicKey })
}

/** Both halves are in it, so that no other pair can be put in their place. */
function wrappingKey(shared: Buffer, sender: Buffer, to: PublicKey): Buffer {
  const salt = Buffer.concat([sender, publicBytesOf(to)])
  return Buffer.from(hkdfSync('sha256', shared, salt, 'roadstead/v1/sealed-box', KEY_BYTES))
}

/** Nonce, ciphertext, tag. */
function encrypt(key: Buffer, plaintext: Buffer, context: string): Buffer {
  const nonce = randomBytes(NONCE_BYTES)
  const cipher = createCipheriv(CIPHER, key, nonce)
  cipher.setAAD(Buffer.from(context))
  const body = Buffer.concat([cipher.update(plaintext), cipher.final()])
  return Buffer.concat([nonce, body, cipher.getAuthTag()])
}

/** @throws when a bit of it, of the key or of the context is another */
function decrypt(key: Buffer, bytes: Buffer, context: string): Buffer {
  if (bytes.length < NONCE_BYTES + TAG_BYTES) {
    throw new RoadsteadError('bad-input', { sealed: 'too short' })
  }
  const decipher = createDecipheriv(CIPHER, key, bytes.subarray(0, NONCE_BYTES), {
    authTagLength: TAG_BYTES,
  })
  decipher.setAAD(Buffer.from(context))
  decipher.setAuthTag(bytes.subarray(-TAG_BYTES))
  const body = bytes.subarray(NONCE_BYTES, -TAG_BYTES)
  return Buffer.concat([decipher.update(body), decipher.final()])
}

function rawOf(publicKey: KeyObject): Buffer {
  return publicKey.export({ format: 'der', type: 'spki' }).subarray(SPKI_HEAD.length)
}

function rawPublicKey(raw: Buffer): KeyObject {
  return createPublicKey({ key: Buffer.concat([SPKI_HEAD, raw]), format: 'der', type: 'spki' })
}

function rawPrivateKey(raw: Buffer): KeyObject {
  return createPrivateKey({ key: Buffer.concat([PKCS8_HEAD, raw]), format: 'der', type: 'pkcs8' })
}
