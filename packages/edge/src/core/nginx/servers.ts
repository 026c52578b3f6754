import type { TableRoute } from '@roadstead/shared/protocol/table.ts'
import type { OwnView } from '../own-view.ts'
import type { Certificate } from '../tls/certificate.ts'
import {
  type CertificateByName,
  certificateFor,
  certificatesByName,
  foreignNames,
} from '../tls/names.ts'
import { askedAt } from './asked.ts'
import { data, directive, fixed, type Statement } from './directive.ts'
import type { Site } from './location.ts'
import { siteLocations } from './site.ts'
import { type Listeners, listenTls, portsOf, TLS_SERVER } from './tls-listener.ts'

/** What servers of one text have in common. */
export interface Serving {
  readonly listeners: Listeners
  readonly certificates: CertificateByName
}

export function servingBy(listeners: Listeners, { certificates }: OwnView): Serving {
  return {
    listeners,
    certificates: listeners.tls === undefined ? new Map() : certificatesByName(certificates),
  }
}

/** Where a server listens, and what its locations need to know of that. */
export interface Front extends Pick<Site, 'asked' | 'hasTls'> {
  readonly statements: readonly Statement[]
}

/** A domain is served without TLS, and with it where there is a certificate. */
export function frontOf(certificate: Certificate | undefined, { listeners }: Serving): Front {
  const ports = portsOf(listeners)
  const plain = [directive('listen', [data(listeners.listen)]), ...profileOf(listeners)]
  const { tls } = listeners
  if (certificate === undefined || tls === undefined)
    return { statements: plain, asked: askedAt(ports, 'plain'), hasTls: false }
  const statements = [...plain, ...listenTls(tls, certificate)]
  return { statements, asked: askedAt(ports, 'both'), hasTls: true }
}

/** Where the file around our servers is not ours, each says for itself how it passes on. */
function profileOf({ attached }: Listeners): readonly Statement[] {
  return attached === undefined ? [] : [directive('include', [data(attached.server)])]
}

export function serverOf(
  front: Front,
  names: readonly string[],
  content: readonly Statement[],
): Statement {
  const named = names.map((name) => directive('server_name', [data(name)]))
  return directive('server', [], [...front.statements, ...named, ...content])
}

/**
 * Domains with locations of their own; and the servers of names that certificates have beside the
 * domains of the text. Most of these lead where all names lead that nobody's text answers for.
 *
 * @param domains all that stand in the text.
 */
export function siteServers(
  sites: Iterable<readonly [string, readonly TableRoute[]]>,
  domains: ReadonlySet<string>,
  serving: Serving,
  kit: Omit<Site, 'asked' | 'hasTls'>,
): readonly Statement[] {
  const { certificates } = serving
  const foreign = Map.groupBy(foreignNames(certificates, domains), ({ below }) => below)
  const drawn = [...sites].flatMap(([domain, routes]) => {
    const front = frontOf(certificateFor(domain, certificates), serving)
    const own = serverOf(front, [domain], siteLocations(routes, { ...kit, ...front }))
    const below = tlsServers(foreign.get(domain) ?? [], serving, (site) =>
      siteLocations(routes, { ...kit, ...site }),
    )
    return [own, ...below]
  })
  const rest = tlsServers(foreign.get(undefined) ?? [], serving, () => [
    directive('include', [fixed(TLS_SERVER)]),
  ])
  return [...drawn, ...rest]
}

type Named = { readonly name: string; readonly certificate: Certificate }

/** One for each certificate, with its names. */
function tlsServers(
  names: readonly Named[],
  { listeners }: Serving,
  content: (front: Pick<Site, 'asked' | 'hasTls'>) => readonly Statement[],
): readonly Statement[] {
  const { tls } = listeners
  if (tls === undefined) return []
  const asked = askedAt(portsOf(listeners), 'tls')
  return [...Map.groupBy(names, ({ certificate }) => certificate)].map(([certificate, members]) => {
    const front = { statements: listenTls(tls, certificate), asked, hasTls: true }
    const list = members.map(({ name }) => name)
    return serverOf(front, list, content(front))
  })
}
