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
  const words = peers.map(peerText)
  if (readTimeoutMs !== undefined) words.unshift(`r=${readTimeoutMs}`)
  if (connectTimeoutMs !== undefined) words.unshift(`c=${connectTimeoutMs}`)
  if (holdMs !== undefined) words.unshift(`h=${holdMs}`)
  if (balance === 'least-conn') words.unshift('b=lc')
  if (balance === 'sticky') words.unshift('b=ip')
  return words.join(' ')
}

/** Addresses with ports in such a text. */
export function peersIn(value: string): readonly string[] {
  const words = value.split(' ').filter((word) => word !== '' && word[1] !== '=')
  return words.map((word) => word.split(',', 1)[0] ?? '')
}

/** Whether nginx can find the way by entries alone: nothing about these routes needs its own text. */
export function isPlain(routes: readonly TableRoute[]): boolean {
  return routes.every((route) => !route.stripPrefix || route.path === '/')
}

function peerText({ peer, weight, isBackup }: Peer): string {
  return `${peer}${weight === 1 ? '' : `,w=${weight}`}${isBackup ? ',b' : ''}`
}
