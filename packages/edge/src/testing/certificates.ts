import { generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto'
import { mkdir, rename, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { systemClock as clock } from '@roadstead/shared/kernel/clock.ts'

/** A certificate with its key, in PEM. */
export interface Pair {
  readonly chain: string
  readonly key: string
}

interface PairOptions {
  readonly notBefore?: Date
  readonly notAfter?: Date
  /** Instead of a curve: so many bits of RSA. */
  readonly rsaBits?: number
}

const DAY_MS = 24 * 60 * 60 * 1_000

/** An authority of this test, and what it signs: names and times as a test wants them. */
export class Authority {
  readonly #keys = generateKeyPairSync('ec', { namedCurve: 'prime256v1' })
  readonly certificate: string

  constructor() {
    const { publicKey, privateKey } = this.#keys
    const valid = validity({})
    const isAuthority = extension(OID.basicConstraints, sequence(Buffer.from([0x01, 0x01, 0xff])))
    const signedBy = { issuer: NAME, key: privateKey }
    this.certificate = signed(NAME, publicKey, valid, [isAuthority], signedBy)
  }

  /** A chain of the certificate and its authority. */
  pair(names: readonly string[], options: PairOptions = {}): Pair {
    const { rsaBits } = options
    const { publicKey, privateKey } =
      rsaBits === undefined
        ? generateKeyPairSync('ec', { namedCurve: 'prime256v1' })
        : generateKeyPairSync('rsa', { modulusLength: rsaBits })
    const list = names.map((name) => tagged(0x82, Buffer.from(name, 'latin1')))
    const alternative = names.length === 0 ? [] : [extension(OID.names, sequence(...list))]
    const signedBy = { issuer: NAME, key: this.#keys.privateKey }
    const subject = nameOf(names[0] ?? 'nobody')
    const own = signed(subject, publicKey, validity(options), alternative, signedBy)
    const key = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
    return { chain: `${own}${this.certificate}`, key }
  }
}

/** Puts a pair into a folder, each file whole: `shop` as `shop.crt` and `shop.key`. */
export async function putPair(folder: string, name: string, pair: Pair): Promise<void> {
  await putFile(join(folder, `${name}.crt`), pair.chain)
  await putFile(join(folder, `${name}.key`), pair.key)
}

export async function putFile(path: string, text: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true })
  await writeFile(`${path}.tmp`, text)
  await rename(`${path}.tmp`, path)
}

const OID = {
  commonName: [0x55, 0x04, 0x03],
  basicConstraints: [0x55, 0x1d, 0x13],
  names: [0x55, 0x1d, 0x11],
  ecdsaWithSha256: [0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02],
} as const

const NAME = nameOf('Authority of a test')

function signed(
  subject: Buffer,
  publicKey: KeyObject,
  valid: Buffer,
  extensions: readonly Buffer[],
  by: { readonly issuer: Buffer; readonly key: KeyObject },
): string {
  const algorithm = sequence(oid(OID.ecdsaWithSha256))
  const serial = tagged(0x02, Buffer.concat([Buffer.from([0x01]), randomBytes(15)]))
  const more = extensions.length === 0 ? [] : [tagged(0xa3, sequence(...extensions))]
  const content = sequence(
    tagged(0xa0, tagged(0x02, Buffer.from([2]))),
    serial,
    algorithm,
    by.issuer,
    valid,
    subject,
    publicKey.export({ type: 'spki', format: 'der' }),
    ...more,
  )
  const signature = tagged(0x03, Buffer.concat([Buffer.from([0]), sign('sha256', content, by.key)]))
  const text = sequence(content, algorithm, signature).toString('base64')
  const lines = text.replaceAll(/.{1,64}/g, '$&\n')
  return `-----BEGIN CERTIFICATE-----\n${lines}-----END CERTIFICATE-----\n`
}

function validity({ notBefore, notAfter }: PairOptions): Buffer {
  const from = notBefore ?? new Date(clock.wallMs() - DAY_MS)
  const to = notAfter ?? new Date(clock.wallMs() + 90 * DAY_MS)
  return sequence(time(from), time(to))
}

/** GeneralizedTime, in seconds. */
function time(date: Date): Buffer {
  const text = date.toISOString().replaceAll(/[-:T]|\.\d+/g, '')
  return tagged(0x18, Buffer.from(text, 'latin1'))
}

function nameOf(text: string): Buffer {
  const value = tagged(0x0c, Buffer.from(text, 'utf8'))
  return sequence(tagged(0x31, sequence(oid(OID.commonName), value)))
}

function extension(id: readonly number[], value: Buffer): Buffer {
  return sequence(oid(id), tagged(0x04, value))
}

function oid(bytes: readonly number[]): Buffer {
  return tagged(0x06, Buffer.from(bytes))
}

function sequence(...parts: readonly Buffer[]): Buffer {
  return tagged(0x30, Buffer.concat(parts))
}

function tagged(tag: number, content: Buffer): Buffer {
  const size = content.length
  const length = size < 0x80 ? [size] : size < 0x100 ? [0x81, size] : [0x82, size >> 8, size & 0xff]
  return Buffer.concat([Buffer.from([tag, ...length]), content])
}
