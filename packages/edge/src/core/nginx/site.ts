import type { ServiceId, TableRoute } from '@roadstead/shared/protocol/table.ts'
import { data, directive, fixed, type SafeText, type Statement } from './directive.ts'
import { matchPrefix, matchRoute, withoutSlash } from './match-path.ts'
import { answerAway, answerNotFound, proxyHeaders } from './profile.ts'

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
  isAlive: (service: ServiceId) => boolean,
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
    if (!isAlive(route.service)) return answerAway
    if (!route.stripPrefix || route.path === '/') {
      return proxyTo(data(`http://${route.service}`), fixed(''))
    }
    // nginx replaces the part that the location matched by this URI, decoded and encoded again.
    const prefix = withoutSlash(route.path)
    const rest = `/${path.slice(prefix.length + 1)}`
    return proxyTo(data(`http://${route.service}${rest}`), data(prefix))
  }
}

/** A location that passes everything on, with the complete set of headers: nothing is inherited. */
export function proxyTo(upstream: SafeText, forwardedPrefix: SafeText): readonly Statement[] {
  return [...proxyHeaders(forwardedPrefix), directive('proxy_pass', [upstream])]
}
