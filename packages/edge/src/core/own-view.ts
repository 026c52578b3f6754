import type { CertificateContent } from '@roadstead/shared/protocol/kept-object.ts'
import type { Certificate } from './tls/certificate.ts'

/** Lines as `htpasswd` writes them, by the name of the object that the masters keep. */
export type UsersByObject = ReadonlyMap<string, readonly string[]>

/** Certificates with their keys, by the name of the object that the masters keep. */
export type CertificatesByObject = ReadonlyMap<string, CertificateContent>

/** What this edge knows better than its table. */
export interface OwnView {
  /** Keys of endpoints (`endpointKey`) that get no requests now. */
  readonly leftOut: ReadonlySet<string>
  /** Keys of routes (`routeKey`) that are left out of the text; those that keep somebody out are shut. */
  readonly excluded: ReadonlySet<string>
  /** Keys of endpoints that start slowly, and how many quarters of their share they get now. */
  readonly quarters: ReadonlyMap<string, number>
  /** Users of the objects that are at hand; a route that asks for another one is closed. */
  readonly users: UsersByObject
  /** At hand, the best one first: it is shown for a name that several have. */
  readonly certificates: readonly Certificate[]
}

export const plainView: OwnView = {
  leftOut: new Set(),
  excluded: new Set(),
  quarters: new Map(),
  users: new Map(),
  certificates: [],
}
