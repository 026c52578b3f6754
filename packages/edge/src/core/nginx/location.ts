import type { EndpointScheme, RouteSettings } from '@roadstead/shared/protocol/route-settings.ts'
import { routeKey } from '@roadstead/shared/protocol/route-key.ts'
import type { TableRoute, TableService } from '@roadstead/shared/protocol/table.ts'
import { isWildcard } from '../live/wildcards.ts'
import type { OwnView } from '../own-view.ts'
import type { Asked } from './asked.ts'
import type { Definitions } from './definitions.ts'
import { data, directive, fixed, joined, type SafeText, type Statement } from './directive.ts'
import { withoutSlash } from './match-path.ts'
import { answerAway, proxyHeaders } from './profile.ts'
import { compressed, gate, hiddenHeaders, keepsOut } from './settings.ts'

/** The group of endpoints that a location passes its requests on to, and how it gets there. */
export interface Target {
  readonly group: SafeText
  readonly scheme: EndpointScheme
  /** What a location of this target begins with. */
  readonly entry: readonly Statement[]
  /** What the endpoint sees as `Host` when it is to see its own address. */
  readonly ownHost: SafeText
  /** How long nginx waits, where the service says so and the text has to. */
  readonly patience: Pick<TableService, 'connectTimeoutMs' | 'readTimeoutMs'>
  /** Sends requests that nobody can take to the location `@rs_full`. */
  readonly mayBeFull: boolean
}

/** What locations are made with. */
export interface Site {
  /** `away` when nobody can serve a route now. */
  readonly target: (route: TableRoute) => Target | 'away'
  readonly view: Pick<OwnView, 'users' | 'excluded'>
  readonly definitions: Definitions
  readonly asked: Asked
  /** Whether there is a certificate for the names of this server. */
  readonly hasTls: boolean
}

/** Where a location stands: what it matched, or that others send requests to it by its name. */
export type Place = { readonly kind: 'path'; readonly path: string } | { readonly kind: 'named' }

/** Routes that are left out are not in the text, but for those that shut a door. */
export function isRendered(route: TableRoute, { excluded }: Pick<OwnView, 'excluded'>): boolean {
  return excluded.size === 0 || !excluded.has(routeKey(route)) || keepsOut(route.settings)
}

/** Whether nginx has to cut something off the path, which it does in a location with a path only. */
export function strips(route: TableRoute): boolean {
  return route.stripPrefix && route.path !== '/' && route.settings?.replacePath === undefined
}

/** All that a route does with the requests of one location. */
export function contentOf(route: TableRoute, place: Place, site: Site): readonly Statement[] {
  return [countedAs(route), ...answerOf(route, place, site)]
}

/** By which name its requests are counted: the key of the route, as `route-key.ts` makes it. */
function countedAs(route: TableRoute): Statement {
  const { domain, match, path } = route
  const [, , , mark] = routeKey(route).split(' ')
  const place = [data(domain), fixed(' '), data(match), fixed(' '), data(path)]
  const name = joined(...place, ...(mark === undefined ? [] : [fixed(' '), data(mark)]))
  return directive('set', [fixed('$rs_route'), name])
}

function answerOf(route: TableRoute, place: Place, site: Site): readonly Statement[] {
  const { settings = {} } = route
  const { users, excluded } = site.view
  // Nobody comes in by another route where this one would have kept him out.
  if (excluded.has(routeKey(route))) return answerAway
  const { statements, isClosed } = gate(route, users, site)
  if (isClosed) return statements
  const target = site.target(route)
  // nginx changes no path of a call; the masters grant no such route, and it is never sent on wrongly.
  const isLost = target !== 'away' && isGrpc(target.scheme) && changesPath(route)
  if (target === 'away' || isLost) return [...statements, ...answerAway]
  return [
    ...target.entry,
    ...statements,
    ...(settings.compress === true ? compressed : []),
    ...passOn(route, place, target, site),
  ]
}

/** Passes everything on, with the complete set of headers: nothing is inherited. */
function passOn(
  route: TableRoute,
  place: Place,
  target: Target,
  { asked }: Site,
): readonly Statement[] {
  const { settings = {} } = route
  const { scheme } = target
  const prefix = strips(route) ? data(withoutSlash(route.path)) : fixed('')
  const headers = proxyHeaders({
    prefix,
    asked,
    scheme,
    more: settings.requestHeaders ?? [],
    ...(settings.ownHost === true ? { host: target.ownHost } : {}),
  })
  return [
    ...hiddenHeaders(settings).map((name) => inWordsOf(scheme).hide(name)),
    ...patience(scheme, target.patience, settings),
    ...(settings.buffering === true ? inWordsOf(scheme).buffering : []),
    ...headers,
    ...inWordsOf(scheme).encrypted(route),
    directive(inWordsOf(scheme).pass, [joined(addressOf(target), pathAt(route, place))]),
  ]
}

/**
 * What follows the address. Without anything the path goes on as it came. A part of it that is cut off
 * is the location's own, which nginx replaces by what stands here, decoded and encoded again.
 */
function pathAt(route: TableRoute, place: Place): SafeText {
  const { replacePath, addPrefix } = route.settings ?? {}
  if (replacePath !== undefined) return joined(data(replacePath), fixed('$is_args$args'))
  const added = addPrefix === undefined ? '' : withoutSlash(addPrefix)
  if (strips(route) && place.kind === 'path') {
    const rest = place.path.slice(withoutSlash(route.path).length + 1)
    return data(`${added}/${rest}`)
  }
  return added === '' ? fixed('') : joined(data(added), fixed('$request_uri'))
}

function changesPath(route: TableRoute): boolean {
  const { addPrefix, replacePath } = route.settings ?? {}
  return strips(route) || addPrefix !== undefined || replacePath !== undefined
}

function isGrpc(scheme: EndpointScheme): boolean {
  return scheme === 'grpc' || scheme === 'grpcs'
}

function addressOf({ scheme, group }: Target): SafeText {
  return joined(data(`${scheme}://`), group)
}

/** How long nginx waits for the endpoints of a service; what a route says counts more. */
export function patience(
  scheme: EndpointScheme,
  own: Target['patience'],
  { timeoutMs }: RouteSettings = {},
): readonly Statement[] {
  const { connect, read } = inWordsOf(scheme)
  const readTimeoutMs = timeoutMs ?? own.readTimeoutMs
  return [
    ...(own.connectTimeoutMs === undefined
      ? []
      : [directive(connect, [data(`${own.connectTimeoutMs}ms`)])]),
    ...(readTimeoutMs === undefined ? [] : [directive(read, [data(`${readTimeoutMs}ms`)])]),
  ]
}

/** Of a wildcard, the name that the visitor asked for. */
function nameFor(domain: string): SafeText {
  return isWildcard(domain) ? fixed('$host') : data(domain)
}

/** The same in the words of either module of nginx. */
function inWordsOf(scheme: EndpointScheme) {
  const isEncrypted = scheme === 'https' || scheme === 'grpcs'
  if (isGrpc(scheme)) {
    return {
      pass: 'grpc_pass',
      connect: 'grpc_connect_timeout',
      read: 'grpc_read_timeout',
      buffering: [],
      hide: (name: SafeText) => directive('grpc_hide_header', [name]),
      encrypted: ({ domain }: TableRoute) =>
        isEncrypted
          ? [
              directive('grpc_ssl_server_name', [fixed('on')]),
              directive('grpc_ssl_name', [nameFor(domain)]),
            ]
          : [],
    } as const
  }
  return {
    pass: 'proxy_pass',
    connect: 'proxy_connect_timeout',
    read: 'proxy_read_timeout',
    buffering: [
      directive('proxy_buffering', [fixed('on')]),
      directive('proxy_request_buffering', [fixed('on')]),
    ],
    hide: (name: SafeText) => directive('proxy_hide_header', [name]),
    // Containers have certificates that nobody signed; the name is what they choose theirs by.
    encrypted: ({ domain }: TableRoute) =>
      isEncrypted
        ? [
            directive('proxy_ssl_server_name', [fixed('on')]),
            directive('proxy_ssl_name', [nameFor(domain)]),
          ]
        : [],
  } as const
}
