import { execFile } from 'node:child_process'
import { rename, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** Who signs, in a folder; made for one test. */
export interface Authority {
  readonly folder: string
  /**
   * Writes `cert.pem` and `key.pem`, with the `ca.pem` of whom the holder is to believe.
   *
   * @param folder is there already.
   */
  issue(folder: string, who: Holder): Promise<void>
}

interface Holder {
  readonly kind: 'server' | 'client'
  /** Where a server may be found: IP addresses. */
  readonly addresses?: readonly string[]
  /** Negative: it expired so long ago. */
  readonly days?: number
}

/** A certificate authority of this test, as an operator makes one for `dockerd --tlsverify`. */
export async function makeAuthority(folder: string): Promise<Authority> {
  const at = (name: string): string => path.join(folder, name)
  await openssl(
    ['req', '-x509', ...NEW_KEY, '-days', '2', '-subj', '/CN=rig', '-keyout', at('ca-key.pem')],
    ['-out', at('ca.pem'), '-addext', 'basicConstraints=critical,CA:TRUE'],
    ['-addext', 'keyUsage=critical,keyCertSign,cRLSign'],
  )
  return { folder, issue: (into, who) => issue(folder, into, who) }
}

const NEW_KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'] as const

async function issue(authority: string, into: string, who: Holder): Promise<void> {
  const of = (name: string): string => path.join(authority, name)
  const at = (name: string): string => path.join(into, name)
  const { kind, addresses = [], days = 2 } = who
  const names = addresses.map((address) => `IP:${address}`).join(',')
  const lines = [
    `extendedKeyUsage=${kind === 'server' ? 'serverAuth' : 'clientAuth'}`,
    ...(names === '' ? [] : [`subjectAltName=${names}`]),
  ]
  await writeFile(at('extensions'), `${lines.join('\n')}\n`)
  await openssl(
    ['req', ...NEW_KEY, '-subj', `/CN=${kind}`, '-keyout', at('key.pem.new')],
    ['-out', at('request')],
  )
  await openssl(
    ['x509', '-req', '-in', at('request'), '-CA', of('ca.pem'), '-CAkey', of('ca-key.pem')],
    ['-set_serial', String(Date.now()), '-days', String(days), '-extfile', at('extensions')],
    ['-out', at('cert.pem.new')],
  )
  await run('cp', [of('ca.pem'), at('ca.pem')])
  await rename(at('key.pem.new'), at('key.pem'))
  await rename(at('cert.pem.new'), at('cert.pem'))
  for (const name of ['extensions', 'request']) await rm(at(name))
}

async function openssl(...parts: readonly (readonly string[])[]): Promise<void> {
  await run('openssl', parts.flat())
}
