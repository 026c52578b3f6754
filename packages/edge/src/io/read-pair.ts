import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto'
import { sha256 } from '@roadstead/bus/sha256.ts'
import { ShortHashLength } from '@roadstead/shared/kernel/ids.ts'
import { RouteDomain } from '@roadstead/shared/protocol/route.ts'
import type { Certificate } from '../core/tls/certificate.ts'

/** A chain with its key, as somebody gave them: PEM, the certificate of the names first. */
export interface PairText {
  readonly chain: string
  readonly key: string
}

/** As files beside the text of nginx, by their names; written anew, so that nothing else is in them. */
export type PairFiles = ReadonlyMap<string, string>

export type ReadPair =
  | { readonly kind: 'read'; readonly certificate: Certificate; readonly files: PairFiles }
  | { readonly kind: 'broken'; readonly why: string }

/** A chain has two or three; what is much longer is a list of authorities. */
const CHAIN_MAX = 10
/** Each is a name of a server in the text; authorities stop at 100. */
const NAMES_MAX = 200
const FILE_HASH_LENGTH = 2 * ShortHashLength
const TEXT_MAX = 256

/** Reads a pair as far as nginx need not be asked. No part of it ever gets into what is said. */
export function readPair(
  { chain, key: keyText }: PairText,
  { name, source }: Pick<Certificate, 'name' | 'source'>,
): ReadPair {
  const certificates = certificatesIn(chain)
  const [first] = certificates
  if (first === undefined) return broken('there is no certificate in PEM in it')
  if (certificates.length > CHAIN_MAX) return broken(`it has more than ${CHAIN_MAX} certificates`)
  const key = keyIn(keyText)
  if (typeof key === 'string') return broken(key)
  if (!first.checkPrivateKey(key)) {
    return broken('the key is not that of the first certificate; it is taken when both fit')
  }
  const names = namesOf(first)
  if (names.length === 0) return broken('it names no host: DNS names are read from its extensions')
  if (names.length > NAMES_MAX) return broken(`it has more than ${NAMES_MAX} names`)
  const chainText = certificates.map(String).join('')
  const plainKey = key.export({ type: 'pkcs8', format: 'pem' }).toString()
  const [chainFile, keyFile] = [fileName('certificate', chainText), fileName('key', plainKey)]
  return {
    kind: 'read',
    certificate: {
      name,
      source,
      names,
      notBeforeMs: Date.parse(first.validFrom),
      notAfterMs: Date.parse(first.validTo),
      issuer: issuerOf(first),
      fingerprint: first.fingerprint256,
      chainFile,
      keyFile,
    },
    files: new Map([
      [chainFile, chainText],
      [keyFile, plainKey],
    ]),
  }
}

function fileName(kind: 'certificate' | 'key', text: string): string {
  return `${kind}-${sha256(text).slice(0, FILE_HASH_LENGTH)}`
}

function broken(why: string): ReadPair {
  return { kind: 'broken', why }
}

const BLOCK = /-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]+-----END CERTIFICATE-----/g

/** Empty when one of them cannot be read. */
function certificatesIn(text: string): readonly X509Certificate[] {
  try {
    return (text.match(BLOCK) ?? []).map((block) => new X509Certificate(block))
  } catch {
    return []
  }
}

function keyIn(text: string): KeyObject | string {
  if (/ENCRYPTED/.test(text)) {
    return 'its key asks for a password: take it off, for example by `openssl pkey`'
  }
  try {
    return createPrivateKey(text)
  } catch {
    return 'there is no private key in PEM in it'
  }
}

/** Those of servers; a name of one label, an address and what no route may be for are left out. */
function namesOf({ subjectAltName = '' }: X509Certificate): Certificate['names'] {
  const texts = subjectAltName.split(', ').flatMap((part) => /^DNS:(.+)$/.exec(part)?.[1] ?? [])
  const names = texts.flatMap((text) => RouteDomain.safeParse(text.toLowerCase()).data ?? [])
  return [...new Set(names)].sort()
}

function issuerOf({ issuer }: X509Certificate): string {
  const lines = issuer.split('\n')
  const named = lines.find((line) => line.startsWith('CN=')) ?? lines.at(-1) ?? ''
  return printable(named.slice(named.indexOf('=') + 1))
}

function printable(text: string): string {
  return text.replaceAll(/[^ -~]/g, '?').slice(0, TEXT_MAX)
}
