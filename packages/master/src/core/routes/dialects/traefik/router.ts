import type { Digest } from '@roadstead/shared/kernel/digest.ts'
import type { Container } from '@roadstead/shared/protocol/container.ts'
import { routeKey } from '@roadstead/shared/protocol/route-key.ts'
import type { Intent, Refusal, Remark } from '../../intent.ts'
import { readDomain, shown } from '../../label-values.ts'
import type { Problem } from '../../found.ts'
import { readCount, readList, readTruth } from '../go-values.ts'
import { type Alternative, alternativesOf, namesIn } from '../rule/alternatives.ts'
import { parseRule } from '../rule/parse.ts'
import type { Withheld } from '../withheld.ts'
import { applyMiddlewares } from './apply-middlewares.ts'
import { type Effects, invalid } from './effects.ts'
import { pathAtEndpoint } from '../paths.ts'
import { isCut, readRuleText } from './rule-text.ts'
import { readService, type TraefikService } from './service.ts'
import type { Owner, Said, TraefikLabels } from './traefik-labels.ts'

/** What one router asks for. */
export interface RouterReading {
  readonly route: string
  readonly intents: readonly Intent[]
  readonly refusals: readonly Refusal[]
  readonly remarks: readonly Remark[]
  /** It is about HTTPS alone. */
  readonly isSecure: boolean
  /** Requests that it would have taken, and perhaps have restricted. */
  readonly withheld: readonly Withheld[]
}

/** Reads one router: all of it, or the first thing that is wrong with it; a bad name costs itself. */
export function readRouter(
  owner: Owner,
  labels: TraefikLabels,
  container: Container,
  digest: Digest,
): RouterReading {
  const route = owner.name
  const isSecure = isAboutTls(owner)
  const parts = readParts(owner, labels, container, digest)
  if ('reason' in parts) return refusedRouter(owner, parts)
  const intents: Intent[] = []
  const refusals: Refusal[] = []
  const withheld: Withheld[] = []
  for (const alternative of parts.alternatives) {
    const read = readIntent(route, alternative, parts)
    if ('reason' in read) {
      refusals.push(read)
      withheld.push(placed(route, alternative, parts.priority))
    } else intents.push(read)
  }
  const remarks = [...parts.service.remarks, ...prefixRemarks(parts)]
  return {
    route,
    intents,
    refusals,
    remarks: remarks.map((each) => ({ ...each, route })),
    isSecure,
    withheld,
  }
}

/** What a router that cannot be read as a whole would have taken, if it may have restricted it. */
function withheldBy({ name: route, fields, problems }: Owner): readonly Withheld[] {
  const rule = fields.get('rule')
  if (rule === undefined || (problems.length === 0 && !fields.has('middlewares'))) return []
  const said = readPriority(fields.get('priority'), rule)
  const priority = typeof said === 'number' ? said : PRIORITY_MAX
  const parsed = parseRule(rule.value)
  if (parsed.kind === 'unreadable' || isCut(rule)) return [{ route, priority }]
  const meaning = alternativesOf(parsed.rule)
  return meaning.kind === 'alternatives'
    ? meaning.alternatives.map((each) => placed(route, each, priority))
    : namesIn(parsed.rule).map((domain) => ({ route, domain, priority }))
}

function placed(route: string, { domain, match, path }: Alternative, priority: number): Withheld {
  return { route, domain, place: { match, path }, priority }
}

/** A router of which nothing is served. */
export function refusedRouter(owner: Owner, problem: Problem): RouterReading {
  return {
    route: owner.name,
    intents: [],
    refusals: [{ route: owner.name, ...problem }],
    remarks: [],
    isSecure: false,
    withheld: withheldBy(owner),
  }
}

interface Parts {
  readonly rule: Said
  readonly alternatives: readonly Alternative[]
  readonly priority: number
  readonly service: TraefikService
  readonly effects: Effects
}

function readParts(
  owner: Owner,
  labels: TraefikLabels,
  container: Container,
  digest: Digest,
): Parts | Problem {
  const [first] = owner.problems
  if (first !== undefined) return first
  const rule = owner.fields.get('rule')
  if (rule === undefined) return { reason: 'host-missing', details: { router: owner.name } }
  const alternatives = readRule(rule)
  if ('reason' in alternatives) return alternatives
  const priority = readPriority(owner.fields.get('priority'), rule)
  if (typeof priority !== 'number') return priority
  const service = readService(owner.fields.get('service'), labels, container, digest)
  if ('reason' in service) return service
  const effects = applyMiddlewares(owner.fields.get('middlewares')?.value, labels)
  if ('reason' in effects) return effects
  return { rule, alternatives, priority, service, effects }
}

function readRule(said: Said): readonly Alternative[] | Problem {
  const read = readRuleText(said)
  if ('reason' in read) return read
  const meaning = alternativesOf(read.rule)
  if (meaning.kind === 'alternatives') return meaning.alternatives
  const { reason, details } = meaning.problem
  return { reason, details: { label: shown(said.key), ...details } }
}

/** The largest that a table carries; beyond, nobody can tell the difference. */
const PRIORITY_MAX = 1_000_000

/** As Traefik does: the longer rule first, where nothing else is said. */
function readPriority(said: Said | undefined, rule: Said): number | Problem {
  if (said === undefined) return rule.value.length
  const isBelow = said.value.startsWith('-')
  const count = readCount(isBelow ? said.value.slice(1) : said.value)
  if (count === undefined) return invalid(said)
  if (count === 0) return rule.value.length
  const bounded = Math.min(count, PRIORITY_MAX)
  return isBelow ? -bounded : bounded
}

function readIntent(
  route: string,
  { domain: text, when, ...place }: Alternative,
  { rule, priority, service, effects }: Parts,
): Intent | Refusal {
  const { remarks: _, ownHost, ...target } = service
  const domain = readDomain(text)
  if (domain.kind === 'refused') {
    const isPattern = /[{}]/.test(text)
    const reason = isPattern ? 'regex-refused' : domain.reason
    return { route, reason, details: { label: shown(rule.key), value: shown(text) } }
  }
  const path = pathAtEndpoint(place, effects.steps)
  if ('reason' in path) return { route, domain: domain.value, path: place.path, ...path }
  const { stripPrefix, ...rewrite } = path
  return {
    key: routeKey({ domain: domain.value, ...place, ...(when && { when }) }),
    route,
    domain: domain.value,
    ...place,
    ...(when && { when }),
    stripPrefix,
    priority,
    settings: { ...effects.settings, ...rewrite, ...(ownHost && { ownHost: true }) },
    holdMs: 0,
    slowStartMs: 0,
    ...target,
  }
}

const ENTRY_OF_TLS = /^(?:websecure|https|http-?tls)$/i

function isAboutTls({ fields, kinds }: Owner): boolean {
  const tls = fields.get('tls')
  if (tls === undefined ? kinds.has('tls') : readTruth(tls.value) === true) return true
  const entries = readList(fields.get('entrypoints')?.value ?? '')
  return entries.length > 0 && entries.every((entry) => ENTRY_OF_TLS.test(entry))
}

/** Where `PathPrefix` means more to Traefik than to us. */
function prefixRemarks({ alternatives, rule }: Parts): readonly Remark[] {
  const paths = alternatives
    .filter(({ match, path }) => match === 'prefix' && !path.endsWith('/'))
    .map(({ path }) => path)
  return [...new Set(paths)].map((path) => ({
    key: shown(rule.key),
    why: `A prefix matches whole segments: ${path} and ${path}/…, but not ${path}x.`,
  }))
}
