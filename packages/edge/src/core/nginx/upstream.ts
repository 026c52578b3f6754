import type { TableService } from '@roadstead/shared/protocol/table.ts'
import type { Peer } from '../peers.ts'
import { data, directive, fixed, type Statement } from './directive.ts'

/** Shared memory for the state of one peer, and for the zone itself; nginx takes 32k at least. */
const ZONE_BASE_KB = 32
const ZONE_PEER_KB = 2

/** The endpoints of one service, and how requests are spread over them. */
export function upstream(service: TableService, peers: readonly Peer[]): Statement {
  const members = membersOf(service, peers)
  return directive(
    'upstream',
    [data(service.id)],
    [
      ...zone(service.id, members.length),
      ...balance(service),
      ...members.map(server),
      directive('keepalive', [fixed('32')]),
      // Below the five seconds after which many servers close an idle connection on their side:
      // who closes first never sends a request into a connection that is just going away.
      directive('keepalive_timeout', [fixed('4s')]),
    ],
  )
}

/**
 * nginx knows no backups where the visitor's address decides. There they stay out of the text, and
 * come into it when nobody else is left: `peersOf` no longer calls them backups then.
 */
function membersOf({ balance }: TableService, peers: readonly Peer[]): readonly Peer[] {
  return balance === 'sticky' ? peers.filter(({ isBackup }) => !isBackup) : peers
}

function balance(service: TableService): readonly Statement[] {
  switch (service.balance) {
    case 'least-conn':
      return [directive('least_conn', [])]
    case 'sticky':
      // Whoever comes or goes moves only its own share of the visitors.
      return [directive('hash', [fixed('$remote_addr'), fixed('consistent')])]
    case 'round-robin':
    case undefined:
      return []
  }
}

/** Our own checks do what `max_fails` would, which turns a rolling restart into an outage. */
function server({ peer, weight, isBackup }: Peer): Statement {
  return directive('server', [
    data(peer),
    ...(weight === 1 ? [] : [data(`weight=${weight}`)]),
    fixed('max_fails=0'),
    ...(isBackup ? [fixed('backup')] : []),
  ])
}

/** Workers take turns together over several peers; over one there is nothing to share. */
function zone(id: string, peers: number): readonly Statement[] {
  if (peers < 2) return []
  return [directive('zone', [data(id), data(`${ZONE_BASE_KB + ZONE_PEER_KB * peers}k`)])]
}
