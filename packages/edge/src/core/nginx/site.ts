import type { TableRoute } from '@roadstead/shared/protocol/table.ts'
import { conditionVariable, wayVariable } from './conditions.ts'
import {
  data,
  directive,
  fixed,
  isSet,
  numbered,
  type SafeText,
  type Statement,
} from './directive.ts'
import { contentOf, type Site, strips } from './location.ts'
import { candidatesAt, candidatesBelow, withoutSlash } from './match-path.ts'
import { answerAway, answerNotFound } from './profile.ts'
import { BODY_BYTES_USUAL, bodyLimit } from './settings.ts'

/**
 * The locations of a domain that has more than one plain route.
 *
 * nginx's own prefixes do not stop at a slash (`/api` would match `/apix`), and a location that ends
 * with one redirects the path without it. Both are closed by rendering pairs, `= /api` and `/api/`,
 * and by asking `match-path.ts` what each of them must lead to, so that the meaning of a route is
 * written down once.
 *
 * Where it depends on more than the path, a chain of maps names the location that takes the request.
 */
export function siteLocations(routes: readonly TableRoute[], site: Site): readonly Statement[] {
  const named = new Map<TableRoute | 'nobody', SafeText>()
  const places = placesOf(routes).map(({ path, isExact, candidates }) =>
    directive(
      'location',
      isExact ? [fixed('='), data(path)] : [data(path)],
      atPlace(candidates, path, site, (route) => nameIn(named, route)),
    ),
  )
  const others = [...named].map(([route, name]) =>
    directive('location', [name], route === 'nobody' ? answerNotFound : byName(route, site)),
  )
  return [...places, ...others, ...full(routes, site)]
}

function full(routes: readonly TableRoute[], site: Site): readonly Statement[] {
  const targets = routes.map((route) => site.target(route))
  const isAsked = targets.some((target) => target !== 'away' && target.mayBeFull)
  return isAsked ? [directive('location', [fixed('@rs_full')], answerAway)] : []
}

/**
 * Routes that cannot be served beside others: at most one of those that one path may belong to can
 * have something cut off its path, for nginx does that only in a location with a path. What they mean
 * is answered by 503, and goes to nobody else.
 */
export function strandedRoutes(routes: readonly TableRoute[]): ReadonlySet<TableRoute> {
  const suspects = routes.filter((route) => route.when !== undefined && strips(route))
  const domains = new Set(suspects.map(({ domain }) => domain))
  const stranded = [...domains].flatMap((domain) =>
    placesOf(routes.filter((route) => route.domain === domain)).flatMap(({ candidates }) =>
      candidates.filter(strips).slice(1),
    ),
  )
  return new Set(stranded)
}

interface PlaceOfSite {
  readonly path: string
  readonly isExact: boolean
  /** Routes that a request may belong to here, in the order in which they are asked. */
  readonly candidates: readonly TableRoute[]
}

function placesOf(routes: readonly TableRoute[]): readonly PlaceOfSite[] {
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
      .map((path) => ({ path, isExact: true, candidates: candidatesAt(routes, path) })),
    ...[...below]
      .sort()
      .map((path) => ({ path, isExact: false, candidates: candidatesBelow(routes, path) })),
  ]
}

function atPlace(
  candidates: readonly TableRoute[],
  path: string,
  site: Site,
  nameOf: (route: TableRoute | 'nobody') => SafeText,
): readonly Statement[] {
  const [first] = candidates
  if (first === undefined) return answerNotFound
  const place = { kind: 'path', path } as const
  if (first.when === undefined) return [...bodyOf([first]), ...contentOf(first, place, site)]
  const here = candidates.find(strips) ?? candidates.find((route) => route.when === undefined)
  const way = wayVariable(
    candidates.map((route) => ({
      fits: route.when === undefined ? undefined : conditionVariable(route.when, site.definitions),
      way: route === here ? fixed('') : nameOf(route),
    })),
    here === undefined ? fixed('') : nameOf('nobody'),
    site.definitions,
  )
  return [
    directive('error_page', [fixed('418'), fixed('='), way]),
    directive('recursive_error_pages', [fixed('on')]),
    ...bodyOf(candidates),
    directive('if', [isSet(way)], [directive('return', [fixed('418')])]),
    ...(here === undefined ? answerNotFound : contentOf(here, place, site)),
  ]
}

function byName(route: TableRoute, site: Site): readonly Statement[] {
  // Never passed on with a path that its endpoint does not expect.
  if (strips(route)) return answerAway
  return [...bodyOf([route]), ...contentOf(route, { kind: 'named' }, site)]
}

/** nginx looks at the announced length where it finds the path, before it knows which route is meant. */
function bodyOf(candidates: readonly TableRoute[]): readonly Statement[] {
  const limits = candidates.map(({ settings }) => settings?.bodyBytesMax)
  if (limits.every((limit) => limit === undefined)) return []
  return [bodyLimit(Math.max(...limits.map((limit) => limit ?? BODY_BYTES_USUAL)))]
}

function nameIn(
  named: Map<TableRoute | 'nobody', SafeText>,
  route: TableRoute | 'nobody',
): SafeText {
  const name = named.get(route) ?? numbered('@rs_', named.size + 1)
  named.set(route, name)
  return name
}
