import { RouteName, StreamProtocol } from '@roadstead/shared/protocol/route.ts'
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
export const containerFields = [
  'address',
  'backup',
  'balance',
  'drain',
  'enable',
  'health.expect',
  'health.grace',
  'health.interval',
  'health.path',
  'hold',
  'inherit',
  'max-conns',
  'network',
  'port',
  'service',
  'slow-start',
  'sticky',
  'weight',
] as const
export const routeFields = [
  'host',
  'path',
  'match',
  'port',
  'strip-prefix',
  'allow',
  'auth',
  'body-size',
  'buffering',
  'canary',
  'compress',
  'hsts',
  'https',
  'limit',
  'priority',
  'redirect',
  'scheme',
  'timeout',
] as const
/** Of a stream, `roadstead.tcp.<route>.…` or `roadstead.udp.<route>.…`. */
const streamFields = ['allow', 'listen', 'port', 'timeout'] as const
export const streamFieldsOf = {
  tcp: [...streamFields, 'proxy-protocol'],
  udp: [...streamFields, 'responses'],
} as const
/** What comes after it is the name of a header, in whatever case. */
export const HEADER_PREFIX = 'headers.set.'
/** Keys of the route `default` that may be written without its name. */
export const shortFields = ['host', 'path'] as const

export type ContainerField = (typeof containerFields)[number]
export type RouteField = (typeof routeFields)[number]
export type StreamField = (typeof streamFieldsOf)['tcp' | 'udp'][number]

/** Planned keys, by their first word: answered with `key-later`. */
export const laterContainerWords = ['description', 'group', 'icon', 'keepalive', 'metrics', 'title']
export const laterRouteWords = ['rewrite', 'tls', 'websocket']
export const laterStreamWords = ['sni', 'tls']

export type LabelKey =
  | { readonly kind: 'container'; readonly field: ContainerField }
  | { readonly kind: 'route'; readonly route: string; readonly field: RouteField | StreamField }
  | { readonly kind: 'header'; readonly route: string; readonly name: string }
  /** Not understood. `route` is absent when it concerns all routes of the container. */
  | { readonly kind: 'later'; readonly route?: string }
  | { readonly kind: 'unknown'; readonly route?: string; readonly nearest?: string }

/** What a key beginning with `roadstead.` means. */
export function readLabelKey(key: string): LabelKey {
  const rest = key.slice(LABEL_PREFIX.length)
  const [first = '', second = ''] = rest.split('.')
  if (first === 'http') return readRouteKey(second, rest.slice('http.'.length + second.length + 1))
  const protocol = StreamProtocol.safeParse(first).data
  if (protocol !== undefined) {
    return readStreamKey(protocol, second, rest.slice(first.length + second.length + 2))
  }

  const short = shortFields.find((each) => each === rest)
  if (short !== undefined) return { kind: 'route', route: DEFAULT_ROUTE, field: short }
  const field = containerFields.find((each) => each === rest)
  if (field !== undefined) return { kind: 'container', field }
  if (laterContainerWords.includes(first)) return { kind: 'later' }
  return { kind: 'unknown', ...suggest(rest, containerWords) }
}

/** A key of a route that is written without one is as near as one that is mistyped. */
const containerWords = new Map<string, string>([
  ...routeFields.map((field) => [field, `http.${DEFAULT_ROUTE}.${field}`] as const),
  ...[...shortFields, ...containerFields].map((field) => [field, field] as const),
])

function readRouteKey(route: string, rest: string): LabelKey {
  // `*` would speak for all routes of the container.
  if (route === '*') return { kind: 'later' }
  if (!RouteName.safeParse(route).success) return { kind: 'unknown', route: shown(route) }
  const field = routeFields.find((each) => each === rest)
  if (field !== undefined) return { kind: 'route', route, field }
  if (rest.startsWith(HEADER_PREFIX)) {
    return { kind: 'header', route, name: rest.slice(HEADER_PREFIX.length) }
  }
  const [word = '', ...more] = rest.split('.')
  if (laterRouteWords.includes(word)) return { kind: 'later', route }
  if (word === 'headers') {
    const name = shown(more.at(-1) ?? '')
    return {
      kind: 'unknown',
      route,
      nearest: `${LABEL_PREFIX}http.${route}.${HEADER_PREFIX}${name}`,
    }
  }
  const own = routeFields.map((each) => [each, `http.${route}.${each}`] as const)
  const general = containerFields.map((each) => [each, each] as const)
  return { kind: 'unknown', route, ...suggest(rest, new Map([...general, ...own])) }
}

/** The name of a stream holds its protocol, so that it never is that of another route. */
function readStreamKey(protocol: StreamProtocol, name: string, rest: string): LabelKey {
  const route = `${protocol}.${name}`
  if (name === '*') return { kind: 'later' }
  if (!RouteName.safeParse(name).success) return { kind: 'unknown', route: shown(route) }
  const fields = streamFieldsOf[protocol]
  const field = fields.find((each) => each === rest)
  if (field !== undefined) return { kind: 'route', route, field }
  const [word = ''] = rest.split('.')
  if (laterStreamWords.includes(word)) return { kind: 'later', route }
  const own = fields.map((each) => [each, `${route}.${each}`] as const)
  const general = containerFields.map((each) => [each, each] as const)
  return { kind: 'unknown', route, ...suggest(rest, new Map([...general, ...own])) }
}

/** `wholeByWord`: what to write for each word that may have been meant. */
function suggest(
  word: string,
  wholeByWord: ReadonlyMap<string, string>,
): { readonly nearest?: string } {
  const found = wholeByWord.get(nearest(word, [...wholeByWord.keys()]) ?? '')
  return found === undefined ? {} : { nearest: `${LABEL_PREFIX}${found}` }
}
