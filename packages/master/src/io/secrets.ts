import { createHash, createHmac, hkdfSync, randomBytes, timingSafeEqual } from 'node:crypto'

/** A fresh secret of 256 bits, in letters that survive a URL, a shell and a copy by hand. */
export function newSecret(): string {
  return randomBytes(32).toString('base64url')
}

/** 16 hexadecimal digits to tell things apart; not a secret. */
export function newShortId(): string {
  return randomBytes(8).toString('hex')
}

/** Compares without telling by its duration where two texts differ. */
export function sameSecret(a: string, b: string): boolean {
  return timingSafeEqual(sha256(a), sha256(b))
}

/** What is kept of a secret. Ours have 256 random bits, so a slow hash would add nothing. */
export function secretHash(secret: string): string {
  return sha256(secret).toString('hex')
}

/**
 * Signs short texts with a key derived from the first admin's token: both masters of a pair have
 * that token, so each accepts what the other signed, and a new token ends every session.
 */
export class Sealer {
  readonly #key: Buffer

  constructor(token: string) {
    this.#key = Buffer.from(hkdfSync('sha256', token, '', 'roadstead session v1', 32))
  }

  seal(purpose: string, text: string): string {
    const body = Buffer.from(text).toString('base64url')
    return `${body}.${this.#mac(purpose, body)}`
  }

  /** The text, or undefined when it was not sealed by us for this purpose. */
  open(purpose: string, sealed: string): string | undefined {
    const dot = sealed.indexOf('.')
    const body = sealed.slice(0, dot)
    if (dot < 1 || !sameSecret(sealed.slice(dot + 1), this.#mac(purpose, body))) return undefined
    return Buffer.from(body, 'base64url').toString()
  }

  #mac(purpose: string, body: string): string {
    return createHmac('sha256', this.#key).update(`${purpose}\n${body}`).digest('base64url')
  }
}

function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
