import type { Digest } from '@roadstead/shared/kernel/digest.ts'
import type { HostId } from '@roadstead/shared/kernel/ids.ts'
import { Port, type Container } from '@roadstead/shared/protocol/container.ts'
import type { ServiceKey } from '@roadstead/shared/protocol/route.ts'
import { routeKey } from '@roadstead/shared/protocol/route-key.ts'
import { compareText } from '../../../graph/select.ts'
import type { Intent, Refusal, Remark } from '../../intent.ts'
import type { Policy } from '../../policy.ts'
import { defaultService } from '../../service-key.ts'
import type { Asking } from '../asking.ts'
import { pathAtEndpoint } from '../paths.ts'
import { exposedPorts } from '../ports.ts'
import { virtualHostKeys } from './virtual-host-keys.ts'
import {
  placesOfHost,
  placesOfMultiports,
  type Variables,
  type VirtualPlace,
} from './virtual-places.ts'
import { readVirtualSettings, type VirtualSettings } from './virtual-settings.ts'

/** All of it is one route to people: names and paths tell the parts apart. */
const ROUTE = 'virtual-host'

const HOST = 'VIRTUAL_HOST'
const MULTIPORTS = 'VIRTUAL_HOST_MULTIPORTS'

export interface VirtualHostFacts {
  readonly container: Container
  readonly host: HostId
  readonly policy: Policy
  readonly digest: Digest
}

/** What a container asks for by variables of nginx-proxy; undefined when by none. */
export function readVirtualHost(facts: VirtualHostFacts): Asking | undefined {
  const { container, policy } = facts
  const { own, inherited } = variablesOf(container)
  const isMeant = isSet(own, HOST) || isSet(own, MULTIPORTS)
  const publisher = inherited.find((name) => name === HOST || name === MULTIPORTS)
  if (!isMeant && publisher === undefined) return undefined
  const read = readVirtualSettings(own, container)
  const stranger = inherited.map(ofImage)[0]
  const wrong = stranger ?? ('reason' in read ? read : undefined)
  if (wrong !== undefined || 'reason' in read) {
    return { isMeant, reading: { ...nothing, refusals: wrong ? [{ route: ROUTE, ...wrong }] : [] } }
  }
  const otherwise = defaultPort(container)
  const { places, refusals } = isSet(own, MULTIPORTS)
    ? placesOfMultiports(own, otherwise)
    : placesOfHost(own, otherwise)
  const reading = {
    ...nothing,
    remarks: [...read.remarks, ...overridden(own), ...prefixRemarks(places)],
    refusals: refusals.map((each): Refusal => ({ route: ROUTE, ...each })),
  }
  const { domainsPerLabelMax } = policy.limits
  if (new Set(places.map(({ domain }) => domain)).size > domainsPerLabelMax) {
    const details = { what: 'host names', max: String(domainsPerLabelMax) }
    const tooMany: Refusal = { route: ROUTE, reason: 'over-budget', details }
    return { isMeant, reading: { ...reading, refusals: [...reading.refusals, tooMany] } }
  }
  return { isMeant, reading: { ...reading, ...intentsOf(places, read, facts, reading.refusals) } }
}

const nothing = {
  dialect: 'nginx-proxy',
  lost: [],
  remarks: [],
  intents: [],
  refusals: [],
} as const

/** What the container itself says, and names of what its image says. The port may come from either. */
function variablesOf({ routingEnvironment, inheritedEnvironment = [] }: Container): {
  readonly own: Variables
  readonly inherited: readonly string[]
} {
  const isRead = (name: string) =>
    virtualHostKeys.some((row) => row.key === name && row.state === 'works')
  const inherited = inheritedEnvironment.filter((name) => name !== 'VIRTUAL_PORT' && isRead(name))
  const own = Object.entries(routingEnvironment).filter(([name]) => !inherited.includes(name))
  return { own: new Map(own), inherited: inherited.toSorted(compareText) }
}

function isSet(variables: Variables, name: string): boolean {
  return (variables.get(name) ?? '').trim() !== ''
}

function ofImage(variable: string) {
  return { reason: 'label-inherited', details: { variable } } as const
}

/** As nginx-proxy does, and only here: the only port that is exposed, else 80. */
function defaultPort(container: Container): Port {
  const [only, ...others] = exposedPorts(container)
  return only === undefined || others.length > 0 ? HTTP_PORT : only
}

const HTTP_PORT = Port.parse(80)

/** The same name and path said twice is one place: the first. */
function intentsOf(
  places: readonly VirtualPlace[],
  read: VirtualSettings,
  facts: VirtualHostFacts,
  before: readonly Refusal[],
): { readonly intents: readonly Intent[]; readonly refusals: readonly Refusal[] } {
  const intents = new Map<string, Intent>()
  const refusals = [...before]
  for (const place of places) {
    const intent = intentOf(place, read, facts)
    if ('reason' in intent) refusals.push(intent)
    else if (!intents.has(intent.key)) intents.set(intent.key, intent)
  }
  const sorted = [...intents.values()].sort((a, b) => compareText(a.key, b.key))
  return { intents: sorted, refusals }
}

function intentOf(
  { domain, path, port, dest, scheme }: VirtualPlace,
  { settings, pool }: VirtualSettings,
  facts: VirtualHostFacts,
): Intent | Refusal {
  const place = { match: 'prefix', path } as const
  const rewritten = pathAtEndpoint(
    place,
    dest === undefined
      ? []
      : [
          { kind: 'strip', prefixes: [path], label: 'VIRTUAL_DEST' },
          { kind: 'add', prefix: dest },
        ],
  )
  if ('reason' in rewritten) return { route: ROUTE, domain, path, ...rewritten }
  const { stripPrefix, ...rewrite } = rewritten
  return {
    key: routeKey({ domain, ...place }),
    route: ROUTE,
    domain,
    ...place,
    stripPrefix,
    port,
    service: keyOf(domain, path, facts),
    holdMs: 0,
    slowStartMs: 0,
    priority: 0,
    settings: { ...settings, ...rewrite },
    pool: { ...pool, ...(scheme && { scheme }) },
    endpoint: {},
  }
}

/** nginx-proxy pools whatever asks for one name and path, so the two are what the service is. */
function keyOf(
  domain: string,
  path: string,
  { digest, host, policy }: VirtualHostFacts,
): ServiceKey {
  const place = path === '/' ? domain : `${domain}${path}`
  const name = policy.dialects.virtualHostPools ? place : `${place} ${host}`
  return defaultService({ name, project: ROUTE, composeService: name }, digest)
}

function overridden(variables: Variables): readonly Remark[] {
  if (!isSet(variables, MULTIPORTS)) return []
  return ['VIRTUAL_HOST', 'VIRTUAL_PORT', 'VIRTUAL_PATH', 'VIRTUAL_DEST', 'VIRTUAL_PROTO']
    .filter((key) => isSet(variables, key))
    .map((key) => ({ key, why: `${MULTIPORTS} is set, so this is not read.` }))
}

function prefixRemarks(places: readonly VirtualPlace[]): readonly Remark[] {
  const paths = places.map(({ path }) => path).filter((path) => !path.endsWith('/'))
  return [...new Set(paths)].map((path) => ({
    key: 'VIRTUAL_PATH',
    why: `A path matches whole segments: ${path} and ${path}/…, but not ${path}x.`,
  }))
}
