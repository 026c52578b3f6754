import { listenName } from '@roadstead/shared/protocol/listen.ts'
import { type ListenName, PathPattern, StreamProtocol } from '@roadstead/shared/protocol/route.ts'
import type { RouteSettings } from '@roadstead/shared/protocol/route-settings.ts'
import { routeKey } from '@roadstead/shared/protocol/route-key.ts'
import { findClash } from './clashes.ts'
import { readDuration, TIMEOUT } from './durations.ts'
import { type Found, LabelReader, type Problem, readOr } from './found.ts'
import type { Intent, Remark } from './intent.ts'
import { LABEL_PREFIX } from './label-keys.ts'
import type { Labels, RouteLabelSet } from './label-set.ts'
import { readAllow } from './label-values-route.ts'
import { readListen, readProxyProtocol, readResponses } from './label-values-stream.ts'
import { shown } from './label-values.ts'
import { type ContainerWishes, readPool } from './read-pool.ts'
import { choosePort, chooseService, type ReadRoute, type RouteLabels } from './read-route.ts'

/** The protocol that the name of a route holds; undefined for a route of HTTP. */
export function streamOf(route: string): StreamProtocol | undefined {
  const [word, ...rest] = route.split('.')
  return rest.length === 0 ? undefined : StreamProtocol.safeParse(word).data
}

/** One stream of a container: connections or datagrams to a port of the edges. */
export function readStream(from: RouteLabels, protocol: StreamProtocol): ReadRoute {
  const { route, labels } = from
  const own = labels.routes.get(route)
  const listen = readListenOf(own, protocol)
  if ('reason' in listen) return { intents: [], refusals: [{ route, ...listen }] }
  const domain = listen.value
  const rest = own === undefined ? undefined : readBehind(from, own, protocol)
  if (rest === undefined || 'reason' in rest) {
    const problem: Problem = rest ?? { reason: 'listen-missing', details: {} }
    return { intents: [], refusals: [{ route, domain, path: WHOLE, ...problem }] }
  }
  const { wishes, ...wanted } = rest
  const place = { domain, path: WHOLE, match: 'prefix' as const }
  const intent: Intent = {
    key: routeKey(place),
    route,
    ...place,
    stripPrefix: false,
    priority: 0,
    ...wishesForStream(wishes, protocol),
    ...wanted,
  }
  const clash = findClash(intent)
  if (clash === undefined) {
    const told = remarksOnWishes(wishes, labels).map((remark) => ({ ...remark, route }))
    return { intents: [intent], refusals: [], remarks: told }
  }
  const [label = '', other = ''] = clash.keys.map((key) => shown(`${LABEL_PREFIX}${key}`))
  const details = { label, other, why: clash.why }
  return {
    intents: [],
    refusals: [{ route, domain, path: WHOLE, reason: 'incompatible-keys', details }],
  }
}

/** A stream has no paths; all of it is one. */
const WHOLE = PathPattern.parse('/')

function readListenOf(own: RouteLabelSet | undefined, protocol: StreamProtocol): Found<ListenName> {
  const label = own?.fields.get('listen')
  if (label === undefined) return own?.problems[0] ?? { reason: 'listen-missing', details: {} }
  const port = readOr(label, '', readListen)
  return 'reason' in port ? port : { value: listenName({ protocol, port: port.value }) }
}

interface Behind extends Pick<Intent, 'port' | 'service' | 'settings'> {
  readonly wishes: ContainerWishes
}

function readBehind(
  from: RouteLabels,
  own: RouteLabelSet,
  protocol: StreamProtocol,
): Behind | Problem {
  const [first] = own.problems
  if (first !== undefined) return first
  const port = choosePort(from, protocol)
  if ('reason' in port) return port
  const service = chooseService(from.labels, from.container, from.digest)
  if ('reason' in service) return service
  const wishes = readPool(from.labels, service.value, from.digest)
  if ('reason' in wishes) return wishes
  const settings = readSettings(own)
  if ('reason' in settings) return settings
  return { port: port.value, service: service.value, settings: settings.value, wishes }
}

function readSettings({ fields }: RouteLabelSet): Found<RouteSettings> {
  const reader = new LabelReader()
  const allow = reader.read(fields.get('allow'), readAllow)
  const timeoutMs = reader.read(fields.get('timeout'), (text) => readDuration(text, TIMEOUT))
  const proxyProtocol = reader.read(fields.get('proxy-protocol'), readProxyProtocol)
  const responses = reader.read(fields.get('responses'), readResponses)
  if (reader.first !== undefined) return reader.first
  return {
    value: {
      ...(allow !== undefined && { allow }),
      ...(proxyProtocol !== undefined && { proxyProtocol }),
      ...(responses !== undefined && { responses }),
      ...(timeoutMs !== undefined && { timeoutMs }),
    },
  }
}

/** What is said of requests alone is for the other routes of the container. */
export function wishesForStream(
  { endpoint, pool, slowStartMs }: ContainerWishes,
  protocol: StreamProtocol,
): ContainerWishes {
  const { balance, cookie, connectTimeoutMs } = pool
  const isByCookie = cookie !== undefined
  return {
    holdMs: 0,
    slowStartMs,
    endpoint,
    pool: {
      ...(balance !== undefined && !isByCookie && { balance }),
      ...(connectTimeoutMs !== undefined && { connectTimeoutMs }),
      protocol,
    },
  }
}

/** What a stream leaves of the wishes of its container, by the labels that said them. */
export function remarksOnWishes(
  { holdMs, pool }: ContainerWishes,
  { general }: Pick<Labels, 'general'>,
): readonly Remark[] {
  const said = [
    holdMs > 0 && { field: 'hold' as const, why: NO_HOLD },
    pool.cookie !== undefined && { field: 'sticky' as const, why: NO_COOKIE },
    pool.health !== undefined && { field: 'health.path' as const, why: NO_HEALTH },
  ]
  return said.flatMap((each) => {
    if (each === false) return []
    const key = general.get(each.field)?.key ?? `${LABEL_PREFIX}${each.field}`
    return [{ key: shown(key), why: each.why }]
  })
}

const NO_HOLD = 'Nobody waits for an endpoint of a TCP or UDP route; hold is for its HTTP routes.'
const NO_COOKIE =
  'A connection brings no cookie, so all take turns here; sticky: address keeps a visitor.'
const NO_HEALTH =
  'A TCP or UDP route is not asked for a path; edges try whether a TCP port accepts a connection.'
