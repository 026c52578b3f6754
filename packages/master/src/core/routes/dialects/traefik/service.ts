import type { Digest } from '@roadstead/shared/kernel/digest.ts'
import type { Container, Port } from '@roadstead/shared/protocol/container.ts'
import type { ServiceKey, StreamProtocol } from '@roadstead/shared/protocol/route.ts'
import { CookieName, type EndpointScheme } from '@roadstead/shared/protocol/route-settings.ts'
import type { EndpointWishes, PoolWishes, Remark } from '../../intent.ts'
import { readPath, readPort, shown } from '../../label-values.ts'
import { cookieOf } from '../../read-pool.ts'
import { defaultService } from '../../service-key.ts'
import type { Problem } from '../../found.ts'
import { readCount, readGoDuration, readTruth } from '../go-values.ts'
import { onlyPort } from '../ports.ts'
import { invalid } from './effects.ts'
import { isNoService, readReference } from './references.ts'
import type { Owner, Said, TraefikLabels } from './traefik-labels.ts'

/** What a route of Traefik leads to. */
export interface TraefikService {
  readonly service: ServiceKey
  readonly port: Port
  readonly pool: PoolWishes
  readonly endpoint: EndpointWishes
  readonly ownHost: boolean
  readonly remarks: readonly Remark[]
}

/** The service that a router names, else the only one that the container defines, else itself. */
export function readService(
  named: Said | undefined,
  labels: Pick<TraefikLabels, 'services' | 'network'>,
  container: Container,
  digest: Digest,
): TraefikService | Problem {
  const found = findService(named, labels, container, digest)
  if ('reason' in found) return found
  const { owner, port, service } = found
  const wishes = readWishes(owner, cookieOf(service, digest))
  if ('reason' in wishes) return wishes
  const { network } = labels
  return {
    ...wishes,
    port,
    service,
    endpoint: { ...wishes.endpoint, ...(network && { network: network.value }) },
  }
}

interface FoundService extends Pick<TraefikService, 'port' | 'service'> {
  /** Undefined where the container defines no service, and so is one itself. */
  readonly owner: Owner | undefined
}

/** The service of a router, with nothing read of it but where it listens. */
export function findService(
  named: Said | undefined,
  labels: Pick<TraefikLabels, 'services'>,
  container: Container,
  digest: Digest,
  protocol: StreamProtocol = 'tcp',
): FoundService | Problem {
  const owner = chooseOwner(named, labels)
  if (owner !== undefined && 'reason' in owner) return owner
  const [first] = owner?.problems ?? []
  if (first !== undefined) return first
  const label = owner?.fields.get('loadbalancer.server.port')
  const port = label === undefined ? onlyPort(container, protocol) : readLabelledPort(label)
  if ('reason' in port) return port
  return { owner, ...port, service: keyOf(owner, container, digest) }
}

function chooseOwner(
  named: Said | undefined,
  { services }: Pick<TraefikLabels, 'services'>,
): Owner | Problem | undefined {
  if (named !== undefined && !isNoService(named.value)) {
    const reference = readReference(named.value)
    if ('reason' in reference) return reference
    const details = { label: shown(named.key), value: shown(named.value) }
    return services.get(reference.name) ?? { reason: 'service-unknown', details }
  }
  const [only, ...others] = services.values()
  if (others.length === 0) return only
  return {
    reason: 'service-unknown',
    details: { services: shown([...services.keys()].join(', ')) },
  }
}

/**
 * Traefik pools by the name of a service whatever else it is of. Here the project comes before it, as
 * the same name in two projects is as a rule another thing; without a project, `traefik` does.
 */
function keyOf(owner: Owner | undefined, container: Container, digest: Digest): ServiceKey {
  // An image that says where its program listens has not named a service.
  if (owner?.isOwn !== true) return defaultService(container, digest)
  const project = container.project ?? 'traefik'
  return defaultService({ name: owner.name, project, composeService: owner.name }, digest)
}

function readLabelledPort(label: Said): { readonly port: Port } | Problem {
  const read = readPort(label.value)
  if (read.kind === 'value') return { port: read.value }
  return { reason: read.reason, details: { label: shown(label.key), value: shown(label.value) } }
}

type Wishes = Pick<TraefikService, 'pool' | 'endpoint' | 'ownHost' | 'remarks'>

function readWishes(owner: Owner | undefined, cookie: string): Wishes | Problem {
  const said = (field: string) => owner?.fields.get(`loadbalancer.${field}`)
  const scheme = readScheme(said('server.scheme'))
  if (scheme !== undefined && 'reason' in scheme) return scheme
  const weight = said('server.weight')
  const share = weight === undefined ? undefined : readCount(weight.value)
  if (weight !== undefined && (share === undefined || share < 1 || share > 100)) {
    return invalid(weight)
  }
  const pass = said('passhostheader')
  const isPassed = pass === undefined ? true : readTruth(pass.value)
  if (pass !== undefined && isPassed === undefined) return invalid(pass)
  const balance = readBalance(owner, cookie)
  const health = readHealth(said('healthcheck.path'), said('healthcheck.interval'))
  return {
    pool: { ...scheme, ...balance.pool, ...health.pool },
    endpoint: share === undefined ? {} : { weight: share },
    ownHost: isPassed === false,
    remarks: [...balance.remarks, ...health.remarks],
  }
}

const SCHEMES: ReadonlyMap<string, EndpointScheme | undefined> = new Map([
  ['http', undefined],
  ['https', 'https'],
  ['h2c', 'grpc'],
])

function readScheme(said: Said | undefined): Pick<PoolWishes, 'scheme'> | Problem | undefined {
  if (said === undefined) return undefined
  if (!SCHEMES.has(said.value)) {
    const details = { label: shown(said.key), value: shown(said.value) }
    return { reason: 'protocol-refused', details }
  }
  const scheme = SCHEMES.get(said.value)
  return scheme === undefined ? undefined : { scheme }
}

interface PoolPart {
  readonly pool: PoolWishes
  readonly remarks: readonly Remark[]
}

/** What is not understood here only tunes: a remark says what is done instead. */
function readBalance(owner: Owner | undefined, otherwise: string): PoolPart {
  const fields = owner?.fields ?? new Map<string, Said>()
  const name = fields.get('loadbalancer.sticky.cookie.name')
  const isSticky =
    name !== undefined ||
    [fields.get('loadbalancer.sticky'), fields.get('loadbalancer.sticky.cookie')].some(
      (said) => said !== undefined && readTruth(said.value) === true,
    )
  if (isSticky) {
    const cookie = CookieName.safeParse(name?.value ?? otherwise)
    const remarks =
      name === undefined || cookie.success
        ? []
        : [remarkOn(name, `The cookie is called ${otherwise}; this name is not allowed.`)]
    return { pool: { balance: 'sticky', cookie: cookie.data ?? otherwise }, remarks }
  }
  const strategy = fields.get('loadbalancer.strategy')
  switch (strategy?.value) {
    case undefined:
    case 'wrr':
      return { pool: {}, remarks: [] }
    case 'p2c':
    case 'leasttime':
      return { pool: { balance: 'least-conn' }, remarks: [] }
    case 'hrw':
      return { pool: { balance: 'sticky' }, remarks: [] }
    default:
      return {
        pool: {},
        remarks:
          strategy === undefined ? [] : [remarkOn(strategy, 'Endpoints are asked in turns.')],
      }
  }
}

const INTERVAL_MS = 30_000
const INTERVAL_LEAST_MS = 1_000
const INTERVAL_MOST_MS = 300_000

function readHealth(path: Said | undefined, interval: Said | undefined): PoolPart {
  const read = path === undefined ? undefined : readPath(path.value)
  if (path === undefined || read === undefined) {
    const why = 'Nothing is checked without healthcheck.path.'
    return { pool: {}, remarks: interval === undefined ? [] : [remarkOn(interval, why)] }
  }
  if (read.kind === 'refused') {
    const why =
      'Endpoints are only connected to: a checked path has plain characters, and no query.'
    return { pool: {}, remarks: [remarkOn(path, why)] }
  }
  const wished = interval === undefined ? INTERVAL_MS : readGoDuration(interval.value)
  const intervalMs = Math.min(INTERVAL_MOST_MS, Math.max(INTERVAL_LEAST_MS, wished ?? INTERVAL_MS))
  const health = { path: read.value, intervalMs, expect: { from: 200, to: 399 }, graceMs: 0 }
  const isOther = interval !== undefined && wished !== intervalMs
  const why = `Checked every ${intervalMs / 1_000} s; from 1s to 5m can be asked for.`
  return { pool: { health }, remarks: isOther ? [remarkOn(interval, why)] : [] }
}

function remarkOn({ key }: Said, why: string): Remark {
  return { key: shown(key), why }
}
