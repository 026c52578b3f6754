import { execFileSync } from 'node:child_process'

/** A certificate for a name that nobody has signed, with its key. */
export function certificate(name: string): { readonly chain: string; readonly key: string } {
  const made = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
  const said = ['-subj', `/CN=${name}`, '-addext', `subjectAltName=DNS:${name}`]
  const text = execFileSync('openssl', ['req', '-x509', ...made, '-keyout', '-', ...said], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  const at = text.indexOf('-----BEGIN CERTIFICATE-----')
  return { chain: text.slice(at), key: text.slice(0, at) }
}
