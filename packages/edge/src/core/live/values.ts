import type { TableRoute, TableService } from '@roadstead/shared/protocol/table.ts'
import type { OwnView } from '../own-view.ts'
import { byRank } from '../nginx/match-path.ts'
import { type Peer, peersOf } from '../peers.ts'

/** Values of entries; their form is written down in `live-table.ts`. */

/** Which service each path of a domain leads to; the first that fits a path takes it. */
export function domainValue(routes: readonly TableRoute[]): string {
  return [...routes]
    .sort(byRank)
    .map(({ path, match, service }) => `${match === 'exact' ? '=' : '^'} ${path} ${service}`)
    .join(' ')
}

export function serviceValue(service: TableService, view: OwnView): string {
  return serviceText(service, peersOf(service, view))
}

/** The same with other peers than the table would give it. */
export function serviceText(service: TableService, peers: readonly Peer[]): string {
  const { balance, holdMs, connectTimeoutMs, readTimeoutMs } = service
  const cookie = cookieOf(service)
  const words = peers.map((peer) => peerText(peer, cookie !== undefined))
  if (readTimeoutMs !== undefined) words.unshift(`r=${readTimeoutMs}`)
  if (connectTimeoutMs !== undefined) words.unshift(`c=${connectTimeoutMs}`)
  if (holdMs !== undefined) words.unshift(`h=${holdMs}`)
  if (balance === 'least-conn') words.unshift('b=lc')
  if (cookie !== undefined) words.unshift('b=ck', `k=${cookie}`)
  else if (balance === 'sticky') words.unshift('b=ip')
  return words.join(' ')
}

/** Addresses with ports in such a text. */
export function peersIn(value: string): readonly string[] {
  const words = value.split(' ').filter((word) => word !== '' && word[1] !== '=')
  return words.map((word) => word.split(',', 1)[0] ?? '')
}

/** The cookie by which visitors stay with an endpoint. nginx can name none with a hyphen. */
export function cookieOf({ balance, cookie }: TableService): string | undefined {
  return balance === 'sticky' ? cookie?.replaceAll('-', '_') : undefined
}

/**
 * Whether nginx can find the way by entries alone: nothing about this route needs its own text.
 *
 * @param hasTls whether there is a certificate for its domain: without one nobody is sent to TLS.
 */
export function isPlainRoute(route: TableRoute, hasTls: boolean): boolean {
  const { when, settings = {}, canary, stripPrefix, path } = route
  const hasSettings = Object.keys(settings).some((key) => key !== 'https')
  const isServed =
    settings.https === undefined ||
    settings.https === 'both' ||
    (settings.https === 'prefer' && !hasTls)
  const isAsked = when !== undefined || canary !== undefined || hasSettings || !isServed
  return !isAsked && (!stripPrefix || path === '/')
}

function peerText({ peer, weight, isBackup, connectionsMax, token }: Peer, isNamed: boolean) {
  const words = [peer]
  if (weight !== 1) words.push(`w=${weight}`)
  if (isBackup) words.push('b')
  if (connectionsMax !== undefined) words.push(`m=${connectionsMax}`)
  if (isNamed) words.push(`i=${token}`)
  return words.join(',')
}
