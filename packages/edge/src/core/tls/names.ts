import { isWildcard } from '../live/wildcards.ts'
import type { Certificate } from './certificate.ts'

/** Certificates by the names that they are shown for. */
export type CertificateByName = ReadonlyMap<string, Certificate>

/** @param certificates the best one first: it is shown for a name that several have. */
export function certificatesByName(certificates: readonly Certificate[]): CertificateByName {
  const found = new Map<string, Certificate>()
  for (const certificate of certificates) {
    for (const name of certificate.names) if (!found.has(name)) found.set(name, certificate)
  }
  return new Map([...found].sort(([a], [b]) => (a < b ? -1 : 1)))
}

/**
 * What is shown to who asks for a domain: the certificate of the name itself, else that of the
 * wildcard one label above. A wildcard of a certificate is for one label and no more (RFC 6125 §6.4.3),
 * so a domain that is a wildcard needs one of just this name.
 */
export function certificateFor(
  domain: string,
  certificates: CertificateByName,
): Certificate | undefined {
  const own = certificates.get(domain)
  if (own !== undefined || isWildcard(domain)) return own
  return certificates.get(`*${domain.slice(domain.indexOf('.'))}`)
}

/** A name that is shown a certificate and that no domain of the text answers for by itself. */
export interface ForeignName {
  readonly name: string
  readonly certificate: Certificate
  /** The wildcard of the text that answers for it, if there is one. */
  readonly below: string | undefined
}

/**
 * Names of certificates beside the domains of the text. Where nginx looks for a server, the one of
 * such a name would come before a wildcard of the text; so it has to answer as that wildcard does.
 *
 * @param domains those that stand in the text.
 */
export function foreignNames(
  certificates: CertificateByName,
  domains: ReadonlySet<string>,
): readonly ForeignName[] {
  return [...certificates]
    .filter(([name]) => !domains.has(name))
    .map(([name, certificate]) => ({ name, certificate, below: wildcardAbove(name, domains) }))
}

/** The nearest, as nginx looks for it. */
function wildcardAbove(name: string, domains: ReadonlySet<string>): string | undefined {
  const plain = isWildcard(name) ? name.slice(2) : name
  for (let dot = plain.indexOf('.'); dot !== -1; dot = plain.indexOf('.', dot + 1)) {
    const wildcard = `*${plain.slice(dot)}`
    if (domains.has(wildcard)) return wildcard
  }
  return undefined
}
