import { execFileSync } from 'node:child_process'
import https from 'node:https'
import tls from 'node:tls'

/** A certificate in PEM with its key. */
export interface Pair {
  readonly chain: string
  readonly key: string
}

/** A certificate for names that nobody but its holder has signed. */
export function certificateFor(...names: readonly string[]): Pair {
  const made = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
  const list = names.map((name) => `DNS:${name}`).join(',')
  const said = ['-subj', '/CN=test', '-days', '90', '-addext', `subjectAltName=${list}`]
  const text = execFileSync('openssl', ['req', '-x509', ...made, '-keyout', '-', ...said], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  const at = text.indexOf('-----BEGIN CERTIFICATE-----')
  return { chain: text.slice(at), key: text.slice(0, at) }
}

/** Fingerprint of the certificate that is shown for a name; the code of the error when there is none. */
export async function shownAt(port: number, name: string): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>()
  const where = { host: '127.0.0.1', port, servername: name, rejectUnauthorized: false }
  const socket = tls.connect(where, () => {
    resolve(`${socket.getPeerX509Certificate()?.fingerprint256}`)
    socket.destroy()
  })
  socket.on('error', (error) => resolve('code' in error ? String(error.code) : error.message))
  return promise
}

/** The status of one request over TLS, by whoever believes this certificate and no other. */
export async function statusOverTls(port: number, name: string, { chain }: Pair): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>()
  const where = { host: '127.0.0.1', port, servername: name, ca: chain }
  const asked = https.get({ ...where, agent: false, headers: { host: name } }, (response) => {
    response.resume()
    resolve(response.statusCode ?? 0)
  })
  asked.on('error', reject)
  return promise
}
