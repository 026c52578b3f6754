import type { ServiceId, TableRoute, TableService } from '@roadstead/shared/protocol/table.ts'
import { data, directive, fixed, type SafeText, type Statement } from './directive.ts'
import { matchPrefix, matchRoute, withoutSlash } from './match-path.ts'
import { answerAway, answerNotFound, liveEntry, proxyHeaders } from './profile.ts'

/** The services that have endpoints; in the live tier nobody asks, since nginx itself looks it up. */
type Alive = ReadonlyMap<ServiceId, TableService> | 'live'

/**
 * The locations of a domain that has more than one plain route.
 *
 * nginx's own prefixes do not stop at a slash (`/api` would match `/apix`), and a location that ends
 * with one redirects the path without it. Both are closed by rendering pairs, `= /api` and `/api/`,
 * and by asking `matchRoute` what each of them must lead to, so that the meaning of a route is
 * written down once.
 */
export function siteLocations(
  routes: readonly TableRoute[],
  alive: Alive,
  port: number,
): readonly Statement[] {
  const exact = new Set<string>()
  const below = new Set<string>(['/'])
  for (const { path, match } of routes) {
    if (match === 'exact') exact.add(path)
    else if (path !== '/') below.add(`${withoutSlash(path)}/`)
    if (path !== '/') exact.add(withoutSlash(path))
  }
  return [
    ...[...exact]
      .sort()
      .map((path) =>
        directive('location', [fixed('='), data(path)], content(matchRoute(routes, path), path)),
      ),
    ...[...below]
      .sort()
      .map((path) => directive('location', [data(path)], content(matchPrefix(routes, path), path))),
  ]

  function content(route: TableRoute | undefined, path: string): readonly Statement[] {
    if (route === undefined) return answerNotFound
    if (alive !== 'live' && !alive.has(route.service)) return answerAway
    if (!route.stripPrefix || route.path === '/') return proxyTo(route, '', fixed(''))
    // nginx replaces the part that the location matched by this URI, decoded and encoded again.
    const prefix = withoutSlash(route.path)
    return proxyTo(route, `/${path.slice(prefix.length + 1)}`, data(prefix))
  }

  /** Passes everything on, with the complete set of headers: nothing is inherited. */
  function proxyTo(
    { service }: TableRoute,
    rest: string,
    forwardedPrefix: SafeText,
  ): readonly Statement[] {
    const upstream = alive === 'live' ? 'rs_live' : service
    return [
      ...(alive === 'live' ? liveEntry(data(service)) : timeouts(alive.get(service))),
      ...proxyHeaders(forwardedPrefix, port),
      directive('proxy_pass', [data(`http://${upstream}${rest}`)]),
    ]
  }
}

/** How long nginx waits for the endpoints of a service, where it says so itself. */
export function timeouts(service: TableService | undefined): readonly Statement[] {
  const { connectTimeoutMs, readTimeoutMs } = service ?? {}
  return [
    ...(connectTimeoutMs === undefined
      ? []
      : [directive('proxy_connect_timeout', [data(`${connectTimeoutMs}ms`)])]),
    ...(readTimeoutMs === undefined
      ? []
      : [directive('proxy_read_timeout', [data(`${readTimeoutMs}ms`)])]),
  ]
}
