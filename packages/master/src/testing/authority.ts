import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export interface Pair {
  readonly chain: string
  readonly key: string
}

interface Wanted {
  /** As openssl writes an extension: `DNS:a.test, IP:192.0.2.1`; none when empty. */
  readonly names: string
  /** Days from now on; may be negative. */
  readonly from?: number
  readonly days?: number
  readonly rsaBits?: number
}

/** An authority of this test: signs certificates as openssl does. */
export class Authority implements Disposable {
  readonly #folder = mkdtempSync(join(tmpdir(), 'roadstead-authority-'))
  #made = 0

  constructor() {
    this.#run([
      'req',
      '-x509',
      ...NEW_KEY,
      '-keyout',
      'ca.key',
      '-out',
      'ca.crt',
      '-subj',
      '/CN=test authority',
    ])
  }

  get certificate(): string {
    return this.#read('ca.crt')
  }

  /** A certificate without the authority's own behind it. */
  sign({ days = 90, from = 0, names, rsaBits }: Wanted): Pair {
    this.#made += 1
    const [key, request, out] = ['key', 'csr', 'crt'].map((end) => `${this.#made}.${end}`)
    const made = rsaBits === undefined ? NEW_KEY : ['-newkey', `rsa:${rsaBits}`, '-nodes']
    const said = names === '' ? [] : ['-addext', `subjectAltName=${names}`]
    const asked = ['-keyout', `${key}`, '-out', `${request}`, '-subj', '/CN=ignored', ...said]
    this.#run(['req', ...made, ...asked])
    writeFileSync(join(this.#folder, 'ca.cnf'), CA_CONFIG)
    writeFileSync(join(this.#folder, 'index.txt'), '')
    const times = ['-startdate', asn1(from), '-enddate', asn1(from + days)]
    const files = ['-in', `${request}`, '-out', `${out}`, '-cert', 'ca.crt', '-keyfile', 'ca.key']
    this.#run(['ca', '-batch', '-notext', '-config', 'ca.cnf', ...times, ...files])
    return { chain: this.#read(`${out}`), key: this.#read(`${key}`) }
  }

  /** The same key behind a password. */
  encrypted(key: string): string {
    const args = ['pkey', '-aes128', '-passout', 'pass:word']
    return execFileSync('openssl', args, { input: key, encoding: 'utf8' })
  }

  [Symbol.dispose](): void {
    rmSync(this.#folder, { recursive: true, force: true })
  }

  #run(args: readonly string[]): void {
    execFileSync('openssl', args, { cwd: this.#folder, stdio: 'ignore' })
  }

  #read(name: string): string {
    return readFileSync(join(this.#folder, name), 'utf8')
  }
}

const NEW_KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
const CA_CONFIG = `[ca]
default_ca = own
[own]
new_certs_dir = .
database = index.txt
default_md = sha256
policy = any
copy_extensions = copy
rand_serial = yes
unique_subject = no
[any]
commonName = optional
`

const DAY_MS = 86_400_000

/** As openssl takes times. */
function asn1(days: number): string {
  const at = new Date(Date.now() + days * DAY_MS).toISOString()
  return `${at.replaceAll(/[-:T]/g, '').slice(0, 14)}Z`
}
