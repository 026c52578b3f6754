import type { Digest } from '@roadstead/shared/kernel/digest.ts'
import type { Container } from '@roadstead/shared/protocol/container.ts'
import {
  type ListenName,
  PathPattern,
  type StreamProtocol,
} from '@roadstead/shared/protocol/route.ts'
import { routeKey } from '@roadstead/shared/protocol/route-key.ts'
import type { RouteSettings } from '@roadstead/shared/protocol/route-settings.ts'
import type { Found, Problem } from '../../found.ts'
import type { Intent, Refusal } from '../../intent.ts'
import { shown } from '../../label-values.ts'
import type { DialectPolicy } from '../../policy.ts'
import { readTruth } from '../go-values.ts'
import { applyMiddlewares, CONNECTION_KINDS } from './apply-middlewares.ts'
import { invalid } from './effects.ts'
import { entryPointsOf } from './entry-points.ts'
import type { RouterReading } from './router.ts'
import { findService } from './service.ts'
import { whyNotEverybody } from './stream-rule.ts'
import type { Owner, Said, TraefikLabels } from './traefik-labels.ts'

export interface StreamFacts {
  readonly labels: TraefikLabels
  readonly container: Container
  readonly dialects: DialectPolicy
  readonly digest: Digest
}

/** Reads one TCP or UDP router: a route for each of its entry points, or what is wrong with it. */
export function readStreamRouter(
  owner: Owner,
  protocol: StreamProtocol,
  facts: StreamFacts,
): RouterReading {
  const { listens, problems } = entryPointsOf(owner, protocol, facts.dialects)
  const refusals = problems.map((problem): Refusal => ({ route: owner.name, ...problem }))
  if (listens.length === 0) return { ...nothing(owner), refusals }
  const parts = readParts(owner, protocol, facts)
  if ('reason' in parts) return refusedStream(owner, listens, parts)
  const intents = listens.map((listen) => intentOf(owner.name, listen, parts))
  return { ...nothing(owner), intents, refusals }
}

/** A router of which nothing is served; another one beside it might take in whom it would not. */
export function refusedStream(
  owner: Owner,
  listens: readonly ListenName[],
  problem: Problem,
): RouterReading {
  const { name: route } = owner
  const refusals = listens.map((domain): Refusal => ({ route, domain, path: WHOLE, ...problem }))
  const place = { path: WHOLE, match: 'prefix' as const }
  return {
    ...nothing(owner),
    refusals: refusals.length === 0 ? [{ route, ...problem }] : refusals,
    withheld: listens.map((domain) => ({ route, domain, place, priority: 0 })),
  }
}

/** A stream has no paths; all of it is one. */
const WHOLE = PathPattern.parse('/')

function nothing({ name: route }: Owner): RouterReading {
  return { route, intents: [], refusals: [], remarks: [], isSecure: false, withheld: [] }
}

type Parts = Pick<Intent, 'port' | 'service' | 'settings' | 'pool' | 'endpoint'>

function intentOf(route: string, domain: ListenName, parts: Parts): Intent {
  const place = { domain, path: WHOLE, match: 'prefix' as const }
  return {
    key: routeKey(place),
    route,
    ...place,
    stripPrefix: false,
    priority: 0,
    holdMs: 0,
    slowStartMs: 0,
    ...parts,
  }
}

function readParts(
  owner: Owner,
  protocol: StreamProtocol,
  { labels, container, digest }: StreamFacts,
): Parts | Problem {
  const own = labels.streams[protocol]
  const wrong = owner.problems[0] ?? (protocol === 'tcp' ? whyNotWhole(owner) : undefined)
  if (wrong !== undefined) return wrong
  const named = owner.fields.get('service')
  const found = findService(named, own, container, digest, protocol)
  if ('reason' in found) return found
  const effects = applyMiddlewares(owner.fields.get('middlewares')?.value, own, CONNECTION_KINDS)
  if ('reason' in effects) return effects
  const version = found.owner?.fields.get('loadbalancer.proxyprotocol.version')
  const told = readVersion(version)
  if ('reason' in told) return told
  const { network } = labels
  return {
    port: found.port,
    service: found.service,
    settings: { ...effects.settings, ...told.value },
    pool: { protocol },
    endpoint: network === undefined ? {} : { network: network.value },
  }
}

/** A router of TCP takes everybody at its port as he comes, or nobody. */
function whyNotWhole({ fields }: Owner): Problem | undefined {
  const rule = fields.get('rule')
  if (rule === undefined) return { reason: 'rule-missing', details: {} }
  return whyNotEverybody(rule) ?? whyNotAsItComes(fields)
}

/** TLS is for the container. The section alone means to Traefik that it is for Traefik. */
function whyNotAsItComes(fields: Owner['fields']): Problem | undefined {
  const passthrough = fields.get('tls.passthrough')
  const said = passthrough ?? fields.get('tls')
  if (said === undefined) return undefined
  const isOn = readTruth(said.value)
  if (isOn === undefined) return invalid(said)
  const isEnded = isOn !== (passthrough !== undefined)
  return isEnded ? { reason: 'tls-refused', details: { label: shown(said.key) } } : undefined
}

/** nginx sends the form of version 1, and knows no other towards endpoints. */
function readVersion(said: Said | undefined): Found<RouteSettings> {
  if (said === undefined) return { value: {} }
  return said.value === '1' ? { value: { proxyProtocol: 'v1' } } : invalid(said)
}
