import type { RouteSettings } from '@roadstead/shared/protocol/route-settings.ts'
import type { TableRoute, TableService } from '@roadstead/shared/protocol/table.ts'
import type { OwnView } from '../own-view.ts'
import { byRank } from '../nginx/match-path.ts'
import { type Peer, peersOf } from '../peers.ts'

/** Values of entries; their form is written down in `live-table.ts`. */

/**
 * Which service each path of a domain leads to, and who is sent elsewhere; the first that fits a path
 * takes it.
 */
export function domainValue(routes: readonly TableRoute[], hasTls: boolean): string {
  return [...routes]
    .sort(byRank)
    .map(({ path, match, service, settings = {} }) => {
      const words = [match === 'exact' ? '=' : '^', ...gateWords(settings, hasTls)]
      return `${words.join(',')} ${path} ${service}`
    })
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
 * Whether nothing about this route needs a text of its own.
 *
 * @param hasTls whether there is a certificate for its domain: without one nobody is sent to TLS.
 */
export function isPlainRoute(route: TableRoute, hasTls: boolean): boolean {
  return isEntryRoute(route) && gateWords(route.settings ?? {}, hasTls).length === 0
}

/** Settings of a route that its entry has room for; each other one is text, and changing it a reload. */
export const SETTINGS_OF_ENTRIES = ['hsts', 'https', 'redirect'] as const

/** Whether the memory of nginx can hold all that a route says. */
export function isEntryRoute(route: TableRoute): boolean {
  const { when, settings = {}, canary, stripPrefix, path } = route
  const names: ReadonlySet<string> = new Set(SETTINGS_OF_ENTRIES)
  const isText = Object.keys(settings).some((name) => !names.has(name))
  const isAsked = when !== undefined || canary !== undefined || isText
  return !isAsked && (!stripPrefix || path === '/')
}

/** What stands behind the match of a route that does not let everybody pass. */
function gateWords({ https, hsts, redirect }: RouteSettings, hasTls: boolean): readonly string[] {
  const words: string[] = []
  if (hsts !== undefined) {
    const { maxAgeS, subdomains, preload } = hsts
    words.push(`h=${maxAgeS}${subdomains ? 's' : ''}${preload ? 'p' : ''}`)
  }
  if (https === 'only') words.push('t=o')
  if (https === 'redirect' || (https === 'prefer' && hasTls)) words.push('t=r')
  if (redirect === undefined) return words
  const { status, scheme, domain, port, path } = redirect
  words.push(`c=${status}`)
  if (scheme !== undefined) words.push(`s=${scheme}`)
  if (domain !== undefined) words.push(`d=${domain}`)
  if (port !== undefined) words.push(`p=${port}`)
  if (path !== undefined) words.push(`l=${path}`)
  return words
}

function peerText({ peer, weight, isBackup, connectionsMax, token }: Peer, isNamed: boolean) {
  const words = [peer]
  if (weight !== 1) words.push(`w=${weight}`)
  if (isBackup) words.push('b')
  if (connectionsMax !== undefined) words.push(`m=${connectionsMax}`)
  if (isNamed) words.push(`i=${token}`)
  return words.join(',')
}
