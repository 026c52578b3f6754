import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto'
import { RoadsteadError } from '@roadstead/shared/kernel/roadstead-error.ts'
import type { CertificateContent, ObjectFacts } from '@roadstead/shared/protocol/kept-object.ts'
import { RouteDomain } from '@roadstead/shared/protocol/route.ts'

export interface ReadCertificate {
  /** Written anew: nothing else that was in the files is in it. */
  readonly content: CertificateContent
  readonly facts: Extract<ObjectFacts, { object: 'certificate' }>
}

/** A chain has two or three; what is much longer is a list of authorities. */
const CHAIN_MAX = 10
/** Authorities stop at 100. */
const NAMES_MAX = 200
/** What OpenSSL takes without being told otherwise. */
const RSA_BITS_MIN = 2_048
/** Clocks of authorities and masters differ. */
const EARLY_MS_MAX = 3_600_000
const ISSUER_MAX = 256

/**
 * Looks at a certificate as an edge's nginx and a visitor would, before anybody depends on it.
 * @throws RoadsteadError `bad-certificate`, which quotes nothing of the key
 */
export function readCertificate(
  { chain, key: keyText }: CertificateContent,
  nowWallMs: number,
): ReadCertificate {
  const certificates = certificatesIn(chain)
  const [first, ...signers] = certificates
  if (first === undefined) throw bad({ chain: 'has no certificate in PEM' })
  const key = keyIn(keyText)
  requireFit(first, signers, key)
  requireOrder(certificates)
  requireTime(certificates, nowWallMs)
  const facts = {
    object: 'certificate',
    names: namesOf(first),
    notBefore: isoOf(first.validFrom),
    notAfter: isoOf(first.validTo),
    issuer: issuerOf(first),
    fingerprint: first.fingerprint256,
  } as const
  const plainKey = key.export({ type: 'pkcs8', format: 'pem' }).toString()
  return { content: { chain: certificates.map(String).join(''), key: plainKey }, facts }
}

const BLOCK = /-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]+-----END CERTIFICATE-----/g

function certificatesIn(text: string): readonly X509Certificate[] {
  const blocks = text.match(BLOCK) ?? []
  if (blocks.length > CHAIN_MAX) {
    throw bad({ chain: `has more than ${CHAIN_MAX} certificates: leave out those of others` })
  }
  return blocks.map((block, at) => {
    try {
      return new X509Certificate(block)
    } catch {
      throw bad({ chain: `certificate ${at + 1} cannot be read` })
    }
  })
}

function keyIn(text: string): KeyObject {
  if (/ENCRYPTED/.test(text)) {
    throw bad({ key: 'asks for a password: take it off, for example by openssl pkey' })
  }
  try {
    return createPrivateKey(text)
  } catch {
    // The cause stays out: it might quote the key.
    throw bad({ key: 'is no private key in PEM' })
  }
}

function requireFit(
  first: X509Certificate,
  signers: readonly X509Certificate[],
  key: KeyObject,
): void {
  if (!first.checkPrivateKey(key)) {
    const at = signers.findIndex((it) => it.checkPrivateKey(key))
    const why =
      at === -1
        ? 'is not that of the certificate'
        : `is that of certificate ${at + 2} in the file: the one with the names comes first`
    throw bad({ key: why })
  }
  const bits = key.asymmetricKeyDetails?.modulusLength ?? RSA_BITS_MIN
  if (bits < RSA_BITS_MIN) {
    throw bad({ key: `has ${bits} bits; nginx takes RSA from ${RSA_BITS_MIN} on` })
  }
}

/** Visitors know the authorities only; who is between has to be in the file, in order. */
function requireOrder(certificates: readonly X509Certificate[]): void {
  for (const [at, signer] of certificates.slice(1).entries()) {
    const signed = certificates[at]
    if (signed?.checkIssued(signer) === true && signed.verify(signer.publicKey)) continue
    throw bad({ chain: `certificate ${at + 1} is not signed by the one after it` })
  }
}

function requireTime(certificates: readonly X509Certificate[], nowWallMs: number): void {
  for (const [at, { validFrom, validTo }] of certificates.entries()) {
    if (Date.parse(validTo) <= nowWallMs) {
      throw bad({ chain: `certificate ${at + 1} expired on ${isoOf(validTo)}` })
    }
    if (Date.parse(validFrom) > nowWallMs + EARLY_MS_MAX) {
      throw bad({ chain: `certificate ${at + 1} counts only from ${isoOf(validFrom)} on` })
    }
  }
}

/** Those that a route can be for. Names in the subject have not counted for visitors since 2017. */
function namesOf({ subjectAltName = '' }: X509Certificate): string[] {
  const texts = subjectAltName.split(', ').flatMap((part) => /^DNS:(.+)$/.exec(part)?.[1] ?? [])
  const names = texts.flatMap((text) => RouteDomain.safeParse(text.toLowerCase()).data ?? [])
  const sorted = [...new Set(names)].sort()
  if (sorted.length === 0) {
    throw bad({ chain: 'names nobody that a route can be for: it needs DNS names as extension' })
  }
  if (sorted.length > NAMES_MAX) throw bad({ chain: `has more than ${NAMES_MAX} names` })
  return sorted
}

function issuerOf({ issuer }: X509Certificate): string {
  const lines = issuer.split('\n')
  const named = lines.find((line) => line.startsWith('CN=')) ?? lines.at(-1) ?? ''
  const text = named.slice(named.indexOf('=') + 1)
  return text.replaceAll(/[^ -~]/g, '?').slice(0, ISSUER_MAX)
}

function isoOf(text: string): string {
  return new Date(Date.parse(text)).toISOString()
}

function bad(facts: { readonly chain: string } | { readonly key: string }): RoadsteadError {
  return new RoadsteadError('bad-certificate', facts)
}
