import type { Digest } from '@roadstead/shared/kernel/digest.ts'
import type { Container } from '@roadstead/shared/protocol/container.ts'
import { type DomainName, ServiceKey } from '@roadstead/shared/protocol/route.ts'
import { noSettings } from '@roadstead/shared/protocol/route-settings.ts'
import { compareText } from '../graph/select.ts'
import type { Intent, Reading, Refusal } from './intent.ts'
import { collectLabels, type Label, type Labels } from './label-set.ts'
import {
  boundsText,
  DRAIN,
  type DurationBounds,
  HOLD,
  readDuration,
  SLOW_START,
} from './durations.ts'
import {
  type Read,
  readDomain,
  readFlag,
  readMatch,
  readPath,
  readPort,
  shown,
} from './label-values.ts'
import type { Policy } from './policy.ts'
import { defaultService } from './service-key.ts'

/**
 * What a container asks for, read from its labels; undefined when it asks for nothing.
 *
 * Every route that it names ends in one intent for each of its domains, or in a refusal that tells
 * which label is to blame. A bad value costs its own route, a bad name in a list only itself.
 */
export function readLabels(
  container: Container,
  policy: Policy,
  digest: Digest,
): Reading | undefined {
  const labels = collectLabels(container)
  if (labels === undefined) return undefined
  const names = [...labels.routes.keys()].sort(compareText)
  const general = refuseAll(labels, policy)
  if (general !== undefined) {
    return { ...native, intents: [], refusals: names.map((route) => ({ ...general, route })) }
  }
  const { routesPerContainerMax } = policy.limits
  const readings = names.map((route, index) =>
    index < routesPerContainerMax
      ? readRoute({ route, labels, container, policy, digest })
      : { intents: [], refusals: [overBudget(route, 'routes', routesPerContainerMax)] },
  )
  return withoutDuplicates({
    ...native,
    intents: readings.flatMap((each) => each.intents),
    refusals: readings.flatMap((each) => each.refusals),
  })
}

const native = { dialect: 'roadstead', lost: [], remarks: [] } as const

type Asked = Pick<Reading, 'intents' | 'refusals'>

type Problem = Pick<Refusal, 'reason' | 'details'>

/** What keeps all routes of the container out. */
function refuseAll(labels: Labels, policy: Policy): Problem | undefined {
  const { labelsPerContainerMax, labelBytesPerContainerMax } = policy.limits
  if (labels.count > labelsPerContainerMax) {
    return overBudget('', 'labels', labelsPerContainerMax)
  }
  if (labels.bytes > labelBytesPerContainerMax) {
    return overBudget('', 'label bytes', labelBytesPerContainerMax)
  }
  const enable = labels.general.get('enable')
  const enabled = readOr(enable, 'true', (text) => readFlag(text, 'invalid-enable'))
  if ('reason' in enabled) return enabled
  if (enable !== undefined && !enabled.value) return problem('disabled', enable)
  return labels.problems[0]
}

interface RouteLabels {
  readonly route: string
  readonly labels: Labels
  readonly container: Container
  readonly policy: Policy
  readonly digest: Digest
}

function readRoute(from: RouteLabels): Asked {
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
    } else {
      intents.push(intentOf(route, domain.value, rest))
    }
  }
  return { intents: intents.sort((a, b) => compareText(a.domain, b.domain)), refusals }
}

type Rest = Omit<Intent, 'key' | 'route' | 'domain'>

function intentOf(route: string, domain: DomainName, rest: Rest): Intent {
  return { key: `${domain} ${rest.match} ${rest.path}`, route, domain, ...rest }
}

/** All but the domains, or the first thing that is wrong with it. */
function readRest(from: RouteLabels): Rest | (Problem & { readonly path?: string }) {
  const own = from.labels.routes.get(from.route)
  const first = own?.problems[0]
  if (first !== undefined) return first
  const path = readOr(own?.fields.get('path'), '/', readPath)
  if ('reason' in path) return path
  const match = readOr(own?.fields.get('match'), 'prefix', readMatch)
  if ('reason' in match) return { ...match, path: path.value }
  const strip = readOr(own?.fields.get('strip-prefix'), 'false', (text) =>
    readFlag(text, 'invalid-strip-prefix'),
  )
  if ('reason' in strip) return { ...strip, path: path.value }
  const port = choosePort(from)
  if ('reason' in port) return { ...port, path: path.value }
  const service = chooseService(from)
  if ('reason' in service) return { ...service, path: path.value }
  const times = readTimes(from.labels)
  if ('reason' in times) return { ...times, path: path.value }
  return {
    path: path.value,
    match: match.value,
    stripPrefix: strip.value,
    port: port.value,
    service: service.value,
    ...times,
    priority: 0,
    settings: noSettings,
    pool: {},
    endpoint: {},
  }
}

/** The label of the route, else of the container, else the only TCP port exposed: never a guess. */
function choosePort({ route, labels, container }: RouteLabels): Found<number> {
  const label = labels.routes.get(route)?.fields.get('port') ?? labels.general.get('port')
  if (label !== undefined) return readOr(label, '', readPort)
  const ports = container.ports
    .filter(({ protocol, exposed }) => protocol === 'tcp' && exposed)
    .map(({ port }) => port)
    .sort((a, b) => a - b)
  const [only, ...others] = new Set(ports)
  if (only === undefined) return { reason: 'port-missing', details: {} }
  if (others.length === 0) return { value: only }
  return { reason: 'port-ambiguous', details: { ports: shown([only, ...others].join(', ')) } }
}

function chooseService({ labels, container, digest }: RouteLabels): Found<ServiceKey> {
  const label = labels.general.get('service')
  if (label === undefined) return { value: defaultService(container, digest) }
  const parsed = ServiceKey.safeParse(label.value)
  return parsed.success ? { value: parsed.data } : problem('invalid-service', label)
}

/** Times of the container as a whole. All are read, so that a bad one is told wherever it stands. */
function readTimes({ general }: Labels): Pick<Intent, 'holdMs' | 'slowStartMs'> | Problem {
  const hold = readTime(general.get('hold'), HOLD)
  if ('reason' in hold) return hold
  const slowStart = readTime(general.get('slow-start'), SLOW_START)
  if ('reason' in slowStart) return slowStart
  const drain = readTime(general.get('drain'), DRAIN)
  if ('reason' in drain) return drain
  return { holdMs: hold.value, slowStartMs: slowStart.value }
}

/** Zero when nothing is said. */
function readTime(label: Label | undefined, bounds: DurationBounds): Found<number> {
  if (label === undefined) return { value: 0 }
  const found = readOr(label, '', (text) => readDuration(text, bounds))
  if (!('reason' in found)) return found
  return { ...found, details: { ...found.details, ...boundsText(bounds) } }
}

type Found<Value> = { readonly value: Value } | Problem

function readOr<Value>(
  label: Label | undefined,
  otherwise: string,
  read: (text: string) => Read<Value>,
): Found<Value> {
  const found = read(label?.value ?? otherwise)
  if (found.kind === 'value') return { value: found.value }
  return problem(found.reason, label ?? { key: '', value: otherwise })
}

/** The same address asked for twice: the first route by name has it. */
function withoutDuplicates({ intents, refusals, ...rest }: Reading): Reading {
  const kept = new Map<string, Intent>()
  const duplicates: Refusal[] = []
  for (const intent of intents) {
    const first = kept.get(intent.key)
    if (first === undefined) kept.set(intent.key, intent)
    else {
      const { route, domain, path } = intent
      const details = { route: first.route }
      duplicates.push({ route, domain, path, reason: 'duplicate-route', details })
    }
  }
  return { ...rest, intents: [...kept.values()], refusals: [...refusals, ...duplicates] }
}

function overBudget(route: string, what: string, max: number): Refusal {
  return { route, reason: 'over-budget', details: { what, max: String(max) } }
}

function problem(reason: Problem['reason'], { key, value }: Pick<Label, 'key' | 'value'>): Problem {
  return { reason, details: { label: shown(key), value: shown(value) } }
}
