import type { Digest } from '@roadstead/shared/kernel/digest.ts'
import { routeKey } from '@roadstead/shared/protocol/route-key.ts'
import type { ServiceId, TableRoute } from '@roadstead/shared/protocol/table.ts'
import { type LiveRendering, renderLive } from '../live/render-live.ts'
import { cookieOf, isPlainRoute } from '../live/values.ts'
import { isWildcard } from '../live/wildcards.ts'
import type { OwnView } from '../own-view.ts'
import { peersOf, type Peer } from '../peers.ts'
import { renderStreams, type StreamRendering } from '../streams/render-streams.ts'
import { streamMark } from '../streams/stream-mark.ts'
import type { EdgeTable } from '../table.ts'
import { Definitions } from './definitions.ts'
import { data, directive, entry, fixed, type SafeText, type Statement } from './directive.ts'
import { isRendered, patience } from './location.ts'
import { print } from './print.ts'
import { PORT_USUAL } from './asked.ts'
import { answerAway, proxyHeaders } from './profile.ts'
import { certificateFor } from '../tls/names.ts'
import { type Front, frontOf, type Serving, serverOf, servingBy, siteServers } from './servers.ts'
import { type Alive, liveTarget, textTarget } from './target.ts'
import type { Listeners } from './tls-listener.ts'
import { upstream } from './upstream.ts'

/** Where it listens is said in the static file as well. */
export interface RenderSettings extends Listeners {
  /** Whether nginx finds endpoints in its memory, or all of them in the text. */
  readonly tier: 'reload' | 'live'
  readonly digest: Digest
}

/** What is served by names: `http` of nginx. */
interface Drawn {
  readonly tree: readonly Statement[]
  readonly body: string
  /** Files that the text names, by name; a name tells the content. */
  readonly files: ReadonlyMap<string, string>
  /** Peers by service, as rendered into the text; what `plan` looks at. */
  readonly peers: ReadonlyMap<ServiceId, readonly string[]>
  /** The routes in the text, with the service each leads to. */
  readonly routes: ReadonlyMap<string, TableRoute>
  /** The other half of it in the live tier. */
  readonly live: LiveRendering | undefined
}

export interface Rendering extends Drawn {
  /** Ports with connections and datagrams: a text of its own, which this one names. */
  readonly streams: StreamRendering
  /** The same without a word of streams. */
  readonly http: Drawn
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
  const http =
    settings.tier === 'live'
      ? renderForLive(table, view, settings, before?.http)
      : renderForReload(table, view, settings)
  const streams = renderStreams(table, view, settings)
  const mark = streamMark(streams.body, settings.digest)
  const [tree, body] = [[...http.tree, ...mark], http.body + print(mark)]
  return mark.length === 0 ? { ...http, streams, http } : { ...http, tree, body, streams, http }
}

/** Only domains with settings of their own are text; an unchanged one is not printed again. */
function renderForLive(
  table: EdgeTable,
  view: OwnView,
  settings: RenderSettings,
  before: Drawn | undefined,
): Drawn {
  const live = renderLive(table, view, before?.live)
  const last = before?.live
  const isSame =
    last?.sites === live.sites &&
    last.schemes === live.schemes &&
    last.view.users === view.users &&
    last.view.certificates === view.certificates
  if (before !== undefined && isSame) return { ...before, live }
  const definitions = new Definitions(settings.digest)
  const site = { target: liveTarget(live.schemes), view, definitions }
  const serving = { listeners: settings, certificates: live.certificates }
  const servers = siteServers(live.sites, new Set(live.sites.keys()), serving, site)
  const routes = byKey([...live.sites.values()].flat())
  return { ...written(definitions, servers), peers: new Map(), routes, live }
}

function written(
  definitions: Definitions,
  servers: readonly Statement[],
  attached?: RenderSettings['attached'],
) {
  const before = attached === undefined ? [] : [directive('include', [data(attached.http)])]
  const tree = [...before, ...definitions.statements, ...servers]
  const files = new Map([...(attached?.files ?? []), ...definitions.files])
  return { tree, body: print(tree), files }
}

/**
 * Most domains have one route, `/`. They share one server, whose `map` finds the upstream by name:
 * that costs a line for each, where a `server` block would cost nginx ten times as much. A domain
 * with paths of its own gets a block with locations. Nothing here needs a regular expression, a
 * rewrite or a captured value.
 */
function renderForReload(table: EdgeTable, view: OwnView, settings: RenderSettings): Drawn {
  const routes = table.routes.filter((route) => isRendered(route, view))
  const wanted = new Set(
    routes.flatMap(({ service, canary }) => [service, ...(canary ? [canary.service] : [])]),
  )
  const alive = table.services
    .filter((service) => wanted.has(service.id))
    .map((service) => ({ service, peers: peersOf(service, view) }))
    .filter(({ peers }) => peers.length > 0)
  const services = new Map(alive.map((it) => [it.service.id, it]))
  const definitions = new Definitions(settings.digest, settings.attached?.folder)
  for (const { service, peers } of alive) {
    const name = data(service.id)
    definitions.once(name, () => upstream(name, service, peers, definitions))
  }
  const drawn = servers(routes, services, { settings, view, definitions })
  return {
    ...written(definitions, drawn, settings.attached),
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

type AliveServices = ReadonlyMap<ServiceId, Alive>

interface Drawing {
  readonly settings: RenderSettings
  readonly view: OwnView
  readonly definitions: Definitions
}

function servers(
  routes: readonly TableRoute[],
  alive: AliveServices,
  { settings, view, definitions }: Drawing,
): readonly Statement[] {
  const routesByDomain = Map.groupBy(routes, (route) => route.domain)
  const serving = servingBy(settings, view)
  const isPlain = (list: readonly TableRoute[]) => isPlainDomain(list, alive, serving)
  const only = [...routesByDomain.values()].filter(isPlain).flat()
  const plain = only.filter((route) => alive.has(route.service))
  const away = only.filter((route) => !alive.has(route.service))
  const sites = [...routesByDomain].filter(([, list]) => !isPlain(list))
  const site = { target: textTarget(alive, definitions), view, definitions }
  const domains = [...routesByDomain.keys()]
  return [
    directive(
      'map',
      [fixed('$host'), fixed('$rs_upstream')],
      plain.map((route) => entry(data(route.domain), data(route.service))),
    ),
    ...portSuffixes(domains, settings),
    ...[...Map.groupBy(plain, patienceOf).values()].flatMap(passedOn),
    ...shared(away, () => answerAway),
    ...siteServers(sites, new Set(domains), serving, site),
  ]

  /** How long nginx waits for a service is a setting of the location, so that who differs has another. */
  function patienceOf(route: TableRoute): string {
    const service = alive.get(route.service)?.service
    return `${service?.connectTimeoutMs} ${service?.readTimeoutMs}`
  }

  function passedOn(members: readonly TableRoute[]) {
    const [first] = members
    const service = first === undefined ? undefined : alive.get(first.service)?.service
    return shared(members, ({ asked }) => [
      ...proxyHeaders({ prefix: fixed(''), asked }),
      ...patience('http', service ?? {}),
      directive('proxy_pass', [fixed('http://$rs_upstream')]),
    ])
  }

  /** A server has one certificate, so those who are shown another one have another server. */
  function shared(members: readonly TableRoute[], content: (front: Front) => readonly Statement[]) {
    const { certificates } = serving
    const groups = Map.groupBy(members, ({ domain }) => certificateFor(domain, certificates))
    return [...groups].map(([certificate, list]) => {
      const front = frontOf(certificate, serving)
      // All of them are of this form, and only their names lead here.
      const counted = directive('set', [fixed('$rs_route'), fixed('$host prefix /')])
      const location = directive('location', [fixed('/')], [counted, ...content(front)])
      return serverOf(
        front,
        list.map(({ domain }) => domain),
        [location],
      )
    })
  }
}

/** With a port in the URL the endpoint must see it, or the addresses that it builds lack it. */
function portSuffixes(
  domains: readonly string[],
  { port, tls }: RenderSettings,
): readonly Statement[] {
  return [
    suffixes(fixed('$rs_port_suffix'), port, PORT_USUAL.http),
    ...(tls === undefined
      ? []
      : [suffixes(fixed('$rs_tls_port_suffix'), tls.port, PORT_USUAL.https)]),
  ]

  function suffixes(variable: SafeText, ours: number, usual: number): Statement {
    const entries = domains.map((name) => entry(data(`${name}:${ours}`), data(`:${ours}`)))
    // Then a wildcard is looked for as among servers: after the name itself.
    const words = domains.some(isWildcard) ? [entry(fixed('hostnames'))] : []
    const all = ours === usual ? [] : [...words, ...entries]
    return directive('map', [fixed('$http_host'), variable], all)
  }
}

/** One route for all of it, to a service that is spoken to as most are: the common case. */
function isPlainDomain(
  routes: readonly TableRoute[],
  alive: AliveServices,
  { certificates }: Serving,
): boolean {
  const [route] = routes
  if (route === undefined || routes.length !== 1) return false
  const hasTls = certificateFor(route.domain, certificates) !== undefined
  if (!isPlainRoute(route, hasTls)) return false
  if (route.path !== '/' || route.match !== 'prefix' || isWildcard(route.domain)) return false
  const known = alive.get(route.service)
  if (known === undefined) return true
  const { service, peers } = known
  const isLimited = peers.some(({ connectionsMax }) => connectionsMax !== undefined)
  return (service.scheme ?? 'http') === 'http' && cookieOf(service) === undefined && !isLimited
}
