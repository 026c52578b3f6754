import type { ServiceId, TableRoute, TableService } from '@roadstead/shared/protocol/table.ts'
import { type LiveRendering, renderLive } from '../live/render-live.ts'
import type { OwnView } from '../own-view.ts'
import { peersOf, type Peer } from '../peers.ts'
import { type EdgeTable, routeKey } from '../table.ts'
import { data, directive, entry, fixed, type Statement } from './directive.ts'
import { print } from './print.ts'
import { answerAway, proxyHeaders } from './profile.ts'
import { siteLocations, timeouts } from './site.ts'
import { upstream } from './upstream.ts'

export interface RenderSettings {
  /** Address to listen on, in nginx's form; the static file has the same. */
  readonly listen: string
  readonly port: number
  /** Whether nginx finds endpoints in its memory, or all of them in the text. */
  readonly tier: 'reload' | 'live'
}

export interface Rendering {
  readonly tree: readonly Statement[]
  readonly body: string
  /** Peers by service, as rendered into the text; what `plan` looks at. */
  readonly peers: ReadonlyMap<ServiceId, readonly string[]>
  /** The routes in the text, with the service each leads to. */
  readonly routes: ReadonlyMap<string, TableRoute>
  /** The other half of it in the live tier. */
  readonly live: LiveRendering | undefined
}

/**
 * Renders a table as the one file that nginx includes, and in the live tier as the entries that are
 * pushed into its memory. The same arguments give the same bytes.
 *
 * @param before an earlier rendering by the same settings: the result is the same with and without
 *   it, and in the live tier costs as much as what has changed since.
 */
export function render(
  table: EdgeTable,
  view: OwnView,
  settings: RenderSettings,
  before?: Rendering,
): Rendering {
  return settings.tier === 'live'
    ? renderForLive(table, view, settings, before)
    : renderForReload(table, view, settings)
}

/** Only domains with settings of their own are text; an unchanged one is not printed again. */
function renderForLive(
  table: EdgeTable,
  view: OwnView,
  settings: RenderSettings,
  before: Rendering | undefined,
): Rendering {
  const live = renderLive(table, view, before?.live)
  if (before?.live?.sites === live.sites) return { ...before, live }
  const listen = directive('listen', [data(settings.listen)])
  const tree = [...live.sites].map(([domain, list]) =>
    directive(
      'server',
      [],
      [
        listen,
        directive('server_name', [data(domain)]),
        ...siteLocations(list, 'live', settings.port),
      ],
    ),
  )
  const routes = [...live.sites.values()].flat()
  return { tree, body: print(tree), peers: new Map(), routes: byKey(routes), live }
}

/**
 * Most domains have one route, `/`. They share one server, whose `map` finds the upstream by name:
 * that costs a line for each, where a `server` block would cost nginx ten times as much. A domain
 * with paths of its own gets a block with locations. Nothing here needs a regular expression, a
 * rewrite or a captured value.
 */
function renderForReload(table: EdgeTable, view: OwnView, settings: RenderSettings): Rendering {
  const routes = table.routes.filter((route) => !view.excluded.has(routeKey(route)))
  const wanted = new Set(routes.map((route) => route.service))
  const alive = table.services
    .filter((service) => wanted.has(service.id))
    .map((service) => ({ service, peers: peersOf(service, view) }))
    .filter(({ peers }) => peers.length > 0)
  const services = new Map(alive.map(({ service }) => [service.id, service]))
  const tree = [
    ...alive.map(({ service, peers }) => upstream(service, peers)),
    ...servers(routes, services, settings),
  ]
  return {
    tree,
    body: print(tree),
    peers: new Map(alive.map(({ service, peers }) => [service.id, peers.map(nameOf)])),
    routes: byKey(routes),
    live: undefined,
  }
}

function nameOf({ peer }: Peer): string {
  return peer
}

function byKey(routes: readonly TableRoute[]): ReadonlyMap<string, TableRoute> {
  return new Map(routes.map((route) => [routeKey(route), route]))
}

type AliveServices = ReadonlyMap<ServiceId, TableService>

function servers(
  routes: readonly TableRoute[],
  alive: AliveServices,
  settings: RenderSettings,
): readonly Statement[] {
  const routesByDomain = Map.groupBy(routes, (route) => route.domain)
  const only = [...routesByDomain.values()].filter(isPlain).flat()
  const plain = only.filter((route) => alive.has(route.service))
  const away = only.filter((route) => !alive.has(route.service))
  const sites = [...routesByDomain].filter(([, list]) => !isPlain(list))
  const listen = directive('listen', [data(settings.listen)])
  return [
    directive(
      'map',
      [fixed('$host'), fixed('$rs_upstream')],
      plain.map((route) => entry(data(route.domain), data(route.service))),
    ),
    portSuffixes([...routesByDomain.keys()], settings.port),
    ...[...Map.groupBy(plain, patienceOf).values()].flatMap(passedOn),
    ...shared(away, answerAway),
    ...sites.map(([domain, list]) =>
      directive(
        'server',
        [],
        [
          listen,
          directive('server_name', [data(domain)]),
          ...siteLocations(list, alive, settings.port),
        ],
      ),
    ),
  ]

  /** How long nginx waits for a service is a setting of the location, so that who differs has another. */
  function patienceOf(route: TableRoute): string {
    const service = alive.get(route.service)
    return `${service?.connectTimeoutMs} ${service?.readTimeoutMs}`
  }

  function passedOn(members: readonly TableRoute[]) {
    const [first] = members
    return shared(members, [
      ...proxyHeaders(fixed(''), settings.port),
      ...timeouts(first === undefined ? undefined : alive.get(first.service)),
      directive('proxy_pass', [fixed('http://$rs_upstream')]),
    ])
  }

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
