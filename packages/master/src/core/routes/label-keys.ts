import { RouteName } from '@roadstead/shared/protocol/route.ts'
import { shown } from './label-values.ts'
import { nearest } from './nearest.ts'

/**
 * The closed list of label keys. A key that is not on it is never skipped: it was written to change
 * something, perhaps to restrict it, and a route that quietly lacks a restriction is worse than none.
 * So it refuses the route that it belongs to, or all routes when it belongs to the container.
 */
export const LABEL_PREFIX = 'roadstead.'

/** Name of the route that the short keys speak of. */
export const DEFAULT_ROUTE = 'default'

/** Keys of the container as a whole, for all its routes; a route may have a `port` of its own. */
export const containerFields = ['drain', 'enable', 'hold', 'port', 'service', 'slow-start'] as const
export const routeFields = ['host', 'path', 'match', 'port', 'strip-prefix'] as const
/** Keys of the route `default` that may be written without its name. */
export const shortFields = ['host', 'path'] as const

export type ContainerField = (typeof containerFields)[number]
export type RouteField = (typeof routeFields)[number]

/** Planned keys, by their first word: answered with `key-later`. */
export const laterContainerWords = [
  'address',
  'backup',
  'balance',
  'description',
  'group',
  'health',
  'icon',
  'inherit',
  'keepalive',
  'max-conns',
  'metrics',
  'network',
  'sticky',
  'title',
  'weight',
]
export const laterRouteWords = [
  'allow',
  'auth',
  'body-size',
  'buffering',
  'compress',
  'headers',
  'https',
  'limit',
  'priority',
  'redirect',
  'rewrite',
  'scheme',
  'timeout',
  'tls',
  'websocket',
]

export type LabelKey =
  | { readonly kind: 'container'; readonly field: ContainerField }
  | { readonly kind: 'route'; readonly route: string; readonly field: RouteField }
  /** Not understood. `route` is absent when it concerns all routes of the container. */
  | { readonly kind: 'later'; readonly route?: string }
  | { readonly kind: 'unknown'; readonly route?: string; readonly nearest?: string }

/** What a key beginning with `roadstead.` means. */
export function readLabelKey(key: string): LabelKey {
  const rest = key.slice(LABEL_PREFIX.length)
  const [first = '', second = ''] = rest.split('.')
  if (first === 'http') return readRouteKey(second, rest.slice('http.'.length + second.length + 1))
  // Stream routes stand beside the others: not knowing them costs only themselves.
  if (first === 'tcp' || first === 'udp')
    return { kind: 'later', route: shown(`${first}.${second}`) }

  const short = shortFields.find((each) => each === rest)
  if (short !== undefined) return { kind: 'route', route: DEFAULT_ROUTE, field: short }
  const field = containerFields.find((each) => each === rest)
  if (field !== undefined) return { kind: 'container', field }
  if (laterContainerWords.includes(first)) return { kind: 'later' }
  return { kind: 'unknown', ...suggest('', rest, [...shortFields, ...containerFields]) }
}

function readRouteKey(route: string, rest: string): LabelKey {
  // `*` would speak for all routes of the container.
  if (route === '*') return { kind: 'later' }
  if (!RouteName.safeParse(route).success) return { kind: 'unknown', route: shown(route) }
  const field = routeFields.find((each) => each === rest)
  if (field !== undefined) return { kind: 'route', route, field }
  const word = rest.split('.')[0] ?? ''
  if (laterRouteWords.includes(word)) return { kind: 'later', route }
  return { kind: 'unknown', route, ...suggest(`http.${route}.`, rest, routeFields) }
}

function suggest(
  before: string,
  word: string,
  fields: readonly string[],
): { readonly nearest?: string } {
  const found = nearest(word, fields)
  return found === undefined ? {} : { nearest: `${LABEL_PREFIX}${before}${found}` }
}
