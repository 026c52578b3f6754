import type { TableService } from '@roadstead/shared/protocol/table.ts'
import type { Peer } from '../peers.ts'
import { cookieOf } from '../live/values.ts'
import type { Definitions } from './definitions.ts'
import {
  data,
  directive,
  entry,
  fixed,
  joined,
  type SafeText,
  type Statement,
  visitorVariable,
} from './directive.ts'

/** Shared memory for the state of one peer, and for the zone itself; nginx takes 32k at least. */
const ZONE_BASE_KB = 32
const ZONE_PEER_KB = 2

/** The endpoints of one service, and how requests are spread over them. */
export function upstream(
  name: SafeText,
  service: TableService,
  peers: readonly Peer[],
  definitions: Definitions,
): Statement {
  const members = membersOf(service, peers)
  return directive(
    'upstream',
    [name],
    [
      ...zone(name, members),
      ...balance(service, definitions),
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

function balance(service: TableService, definitions: Definitions): readonly Statement[] {
  switch (service.balance) {
    case 'least-conn':
      return [directive('least_conn', [])]
    case 'sticky':
      // Whoever comes or goes moves only its own share of the visitors.
      return [directive('hash', [visitorOf(service, definitions), fixed('consistent')])]
    case 'round-robin':
    case undefined:
      return []
  }
}

/** By what a visitor is told from others. */
function visitorOf(service: TableService, definitions: Definitions): SafeText {
  const cookie = cookieOf(service)
  if (cookie === undefined) return fixed('$remote_addr')
  const told = visitorVariable('cookie', cookie)
  return definitions.variable('$rs_visitor_', cookie, (name) =>
    directive(
      'map',
      [told, name],
      [entry(fixed('default'), told), entry(fixed(''), fixed('$request_id'))],
    ),
  )
}

/** The cookie for a visitor who has none: what decided for him now decides for him again. */
export function newCookie(service: TableService, definitions: Definitions): readonly Statement[] {
  const cookie = cookieOf(service)
  if (cookie === undefined) return []
  const made = definitions.variable('$rs_new_visitor_', cookie, (name) =>
    directive(
      'map',
      [visitorVariable('cookie', cookie), name],
      [
        entry(fixed('default'), fixed('')),
        entry(fixed(''), joined(data(`${cookie}=`), fixed('$request_id$rs_cookie_rest'))),
      ],
    ),
  )
  return [directive('add_header', [fixed('Set-Cookie'), made, fixed('always')])]
}

/** Our own checks do what `max_fails` would, which turns a rolling restart into an outage. */
function server({ peer, weight, isBackup, connectionsMax }: Peer): Statement {
  return directive('server', [
    data(peer),
    ...(weight === 1 ? [] : [data(`weight=${weight}`)]),
    ...(connectionsMax === undefined ? [] : [data(`max_conns=${connectionsMax}`)]),
    fixed('max_fails=0'),
    ...(isBackup ? [fixed('backup')] : []),
  ])
}

/** Workers take turns and count together; over one without a limit there is nothing to share. */
function zone(name: SafeText, members: readonly Peer[]): readonly Statement[] {
  const isLimited = members.some(({ connectionsMax }) => connectionsMax !== undefined)
  if (members.length < 2 && !isLimited) return []
  return [directive('zone', [name, data(`${ZONE_BASE_KB + ZONE_PEER_KB * members.length}k`)])]
}
