import type { ServiceId, TableRoute, TableService } from '@roadstead/shared/protocol/table.ts'
import { type EdgeTable, endpointKey, peerOf, routeKey } from '../table.ts'
import { data, directive, entry, fixed, type Statement } from './directive.ts'
import { print } from './print.ts'
import { answerAway, proxyHeaders } from './profile.ts'
import { siteLocations } from './site.ts'

/** What this edge knows better than its table: endpoints that fail, routes that nginx refuses. */
export interface OwnView {
  /** Keys of endpoints (`endpointKey`) that get no requests now; never all of a service. */
  readonly leftOut: ReadonlySet<string>
  /** Keys of routes (`routeKey`) that are left out of the text. */
  readonly excluded: ReadonlySet<string>
}

export interface RenderSettings {
  /** Address to listen on, in nginx's form; the static file has the same. */
  readonly listen: string
  readonly port: number
}

export interface Rendering {
  readonly tree: readonly Statement[]
  readonly body: string
  /** Peers by service, as rendered; what `plan` looks at. */
  readonly peers: ReadonlyMap<ServiceId, readonly string[]>
  /** The routes in the text, with the service each leads to. */
  readonly routes: ReadonlyMap<string, TableRoute>
}

/**
 * Renders a table as the one file that nginx includes. The same arguments give the same bytes.
 *
 * Most domains have one route, `/`. They share one server, whose `map` finds the upstream by name:
 * that costs a line for each, where a `server` block would cost nginx ten times as much. A domain
 * with paths of its own gets a block with locations. Nothing here needs a regular expression, a
 * rewrite or a captured value.
 */
export function render(table: EdgeTable, view: OwnView, settings: RenderSettings): Rendering {
  const routes = table.routes.filter((route) => !view.excluded.has(routeKey(route)))
  const wanted = new Set(routes.map((route) => route.service))
  const peers = new Map(
    table.services
      .filter((service) => wanted.has(service.id))
      .map((service) => [service.id, peersOf(service, view.leftOut)] as const)
      .filter(([, list]) => list.length > 0),
  )
  const tree = [
    ...[...peers].map(([id, list]) => upstream(id, list)),
    ...servers(routes, (service) => peers.has(service), settings),
  ]
  return {
    tree,
    body: print(tree),
    peers,
    routes: new Map(routes.map((route) => [routeKey(route), route])),
  }
}

function peersOf(service: TableService, leftOut: ReadonlySet<string>): readonly string[] {
  const peers = service.endpoints
    .filter((endpoint) => !leftOut.has(endpointKey(service.id, endpoint)))
    .map(peerOf)
  return [...new Set(peers)].sort()
}

/** Shared memory for the state of one peer, and for the zone itself; nginx takes 32k at least. */
const ZONE_BASE_KB = 32
const ZONE_PEER_KB = 2

function upstream(id: ServiceId, peers: readonly string[]): Statement {
  return directive(
    'upstream',
    [data(id)],
    [
      ...zone(id, peers.length),
      // Our own checks do what `max_fails` would, which turns a rolling restart into an outage.
      ...peers.map((peer) => directive('server', [data(peer), fixed('max_fails=0')])),
      directive('keepalive', [fixed('32')]),
      // Below the five seconds after which many servers close an idle connection on their side:
      // who closes first never sends a request into a connection that is just going away.
      directive('keepalive_timeout', [fixed('4s')]),
    ],
  )
}

/** Workers take turns together over several peers; over one there is nothing to share. */
function zone(id: ServiceId, peers: number): readonly Statement[] {
  if (peers < 2) return []
  return [directive('zone', [data(id), data(`${ZONE_BASE_KB + ZONE_PEER_KB * peers}k`)])]
}

function servers(
  routes: readonly TableRoute[],
  isAlive: (service: ServiceId) => boolean,
  settings: RenderSettings,
): readonly Statement[] {
  const routesByDomain = Map.groupBy(routes, (route) => route.domain)
  const only = [...routesByDomain.values()].filter(isPlain).flat()
  const plain = only.filter((route) => isAlive(route.service))
  const away = only.filter((route) => !isAlive(route.service))
  const sites = [...routesByDomain].filter(([, list]) => !isPlain(list))
  const listen = directive('listen', [data(settings.listen)])
  return [
    directive(
      'map',
      [fixed('$host'), fixed('$rs_upstream')],
      plain.map((route) => entry(data(route.domain), data(route.service))),
    ),
    portSuffixes([...routesByDomain.keys()], settings.port),
    ...shared(plain, [
      ...proxyHeaders(fixed('')),
      directive('proxy_pass', [fixed('http://$rs_upstream')]),
    ]),
    ...shared(away, answerAway),
    ...sites.map(([domain, list]) =>
      directive(
        'server',
        [],
        [listen, directive('server_name', [data(domain)]), ...siteLocations(list, isAlive)],
      ),
    ),
  ]

  function shared(members: readonly TableRoute[], content: readonly Statement[]) {
    if (members.length === 0) return []
    const names = members.map((route) => directive('server_name', [data(route.domain)]))
    const location = directive('location', [fixed('/')], content)
    return [directive('server', [], [listen, ...names, location])]
  }
}

/** With a port in the URL the endpoint must see it, or the addresses that it builds lack it. */
function portSuffixes(domains: readonly string[], port: number): Statement {
  const isDefault = port === 80
  return directive(
    'map',
    [fixed('$http_host'), fixed('$rs_port_suffix')],
    isDefault ? [] : domains.map((name) => entry(data(`${name}:${port}`), data(`:${port}`))),
  )
}

/** One route for all of it: the common case. */
function isPlain(routes: readonly TableRoute[]): boolean {
  return routes.length === 1 && routes[0]?.path === '/' && routes[0].match === 'prefix'
}
