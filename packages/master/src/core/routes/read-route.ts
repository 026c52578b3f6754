import type { Digest } from '@roadstead/shared/kernel/digest.ts'
import type { Container } from '@roadstead/shared/protocol/container.ts'
import {
  type RouteDomain,
  ServiceKey,
  type StreamProtocol,
} from '@roadstead/shared/protocol/route.ts'
import { routeKey } from '@roadstead/shared/protocol/route-key.ts'
import { compareText } from '../graph/select.ts'
import { type Clash, findClash } from './clashes.ts'
import { type Found, type Problem, problem, readOr } from './found.ts'
import type { Intent, Refusal, Remark } from './intent.ts'
import { containerFields, LABEL_PREFIX } from './label-keys.ts'
import type { Labels } from './label-set.ts'
import { readDomain, readFlag, readMatch, readPath, readPort, shown } from './label-values.ts'
import { isLoop } from './label-values-redirect.ts'
import type { Policy } from './policy.ts'
import { readPool } from './read-pool.ts'
import { readSettings } from './read-settings.ts'
import { defaultService } from './service-key.ts'

export interface RouteLabels {
  readonly route: string
  readonly labels: Labels
  readonly container: Container
  readonly policy: Policy
  readonly digest: Digest
}

export interface ReadRoute {
  readonly intents: readonly Intent[]
  readonly refusals: readonly Refusal[]
  readonly remarks?: readonly Remark[]
}

/** One route of a container: an intent for each of its domains, or refusals. */
export function readRoute(from: RouteLabels): ReadRoute {
  const { route, labels, policy } = from
  const own = labels.routes.get(route)
  const host = own?.fields.get('host')
  if (host === undefined) {
    const reason = own?.problems[0] ?? { reason: 'host-missing', details: {} }
    return { intents: [], refusals: [{ route, ...reason }] }
  }
  const hosts = host.value.split(',')
  const { domainsPerLabelMax } = policy.limits
  if (hosts.length > domainsPerLabelMax) {
    return { intents: [], refusals: [overBudget(route, 'host names', domainsPerLabelMax)] }
  }
  const intents: Intent[] = []
  const refusals: Refusal[] = []
  const rest = readRest(from)
  for (const text of new Set(hosts)) {
    const domain = readDomain(text)
    if (domain.kind === 'refused') {
      refusals.push({ route, ...problem(domain.reason, { ...host, value: text }) })
    } else if ('reason' in rest) {
      refusals.push({ route, domain: domain.value, ...rest })
    } else if (isCircle(domain.value, rest)) {
      const refusal = { ...problem('redirect-loop', redirectOf(own)), path: rest.path }
      refusals.push({ route, domain: domain.value, ...refusal })
    } else {
      intents.push(intentOf(route, domain.value, rest))
    }
  }
  return { intents: intents.sort((a, b) => compareText(a.domain, b.domain)), refusals }
}

export function overBudget(route: string, what: string, max: number): Refusal {
  return { route, reason: 'over-budget', details: { what, max: String(max) } }
}

type Rest = Omit<Intent, 'key' | 'route' | 'domain'>

function intentOf(route: string, domain: RouteDomain, rest: Rest): Intent {
  return { key: routeKey({ ...rest, domain }), route, domain, ...rest }
}

function isCircle(domain: RouteDomain, { path, settings: { redirect } }: Rest): boolean {
  return redirect !== undefined && isLoop(redirect, { domain, path })
}

type RouteLabelSet = Labels['routes'] extends ReadonlyMap<string, infer Set> ? Set : never

function redirectOf(own: RouteLabelSet | undefined) {
  return own?.fields.get('redirect') ?? { key: '', value: '' }
}

/** All but the domains, or the first thing that is wrong with it. */
function readRest(from: RouteLabels): Rest | (Problem & { readonly path?: string }) {
  const own = from.labels.routes.get(from.route)
  const first = own?.problems[0]
  if (own === undefined || first !== undefined)
    return first ?? { reason: 'host-missing', details: {} }
  const path = readOr(own.fields.get('path'), '/', readPath)
  if ('reason' in path) return path
  const rest = readBehind(from, own)
  if ('reason' in rest) return { ...rest, path: path.value }
  return { path: path.value, ...rest }
}

function readBehind(from: RouteLabels, own: RouteLabelSet): Omit<Rest, 'path'> | Problem {
  const match = readOr(own.fields.get('match'), 'prefix', readMatch)
  if ('reason' in match) return match
  const strip = readOr(own.fields.get('strip-prefix'), 'false', (text) =>
    readFlag(text, 'invalid-strip-prefix'),
  )
  if ('reason' in strip) return strip
  const port = choosePort(from)
  if ('reason' in port) return port
  const service = chooseService(from.labels, from.container, from.digest)
  if ('reason' in service) return service
  const general = readPool(from.labels, service.value, from.digest)
  if ('reason' in general) return general
  const wishes = readSettings(own)
  if ('reason' in wishes) return wishes
  const canary = own.fields.get('canary')
  if (canary !== undefined && wishes.canary?.service === service.value) {
    return problem('invalid-canary', canary)
  }
  const rest = {
    match: match.value,
    stripPrefix: strip.value,
    port: port.value,
    service: service.value,
    ...general,
    ...wishes,
    pool: { ...general.pool, ...wishes.pool },
  }
  const clash = findClash(rest)
  if (clash === undefined) return rest
  const [label = '', other = ''] = clash.keys.map((key) => labelOf(key, from.route))
  return { reason: 'incompatible-keys', details: { label, other, why: clash.why } }
}

function labelOf(field: Clash['keys'][number], route: string): string {
  const isGeneral = containerFields.some((each) => each === field)
  return shown(isGeneral ? `${LABEL_PREFIX}${field}` : `${LABEL_PREFIX}http.${route}.${field}`)
}

/** The label of the route, else of the container, else the only port exposed: never a guess. */
export function choosePort(
  { route, labels, container }: RouteLabels,
  wanted: StreamProtocol = 'tcp',
): Found<number> {
  const label = labels.routes.get(route)?.fields.get('port') ?? labels.general.get('port')
  if (label !== undefined) return readOr(label, '', readPort)
  const ports = container.ports
    .filter(({ protocol, exposed }) => protocol === wanted && exposed)
    .map(({ port }) => port)
    .sort((a, b) => a - b)
  const [only, ...others] = new Set(ports)
  if (only === undefined) return { reason: 'port-missing', details: {} }
  if (others.length === 0) return { value: only }
  return { reason: 'port-ambiguous', details: { ports: shown([only, ...others].join(', ')) } }
}

export function chooseService(
  { general }: Pick<Labels, 'general'>,
  container: Container,
  digest: Digest,
): Found<ServiceKey> {
  const label = general.get('service')
  if (label === undefined) return { value: defaultService(container, digest) }
  const parsed = ServiceKey.safeParse(label.value)
  return parsed.success ? { value: parsed.data } : problem('invalid-service', label)
}
